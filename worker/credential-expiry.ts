import { X509Certificate } from "node:crypto";
import type { TemporalSettings } from "./temporal/connect.ts";

/** When the credentials for Temporal end, by what they are, in Unix seconds. One that does not say so is left out. */
export function credentialExpiries(
  settings: Pick<TemporalSettings, "apiKey" | "tlsCa" | "tlsCert">,
): Readonly<Record<string, number>> {
  const { apiKey, tlsCa, tlsCert } = settings;
  const found = {
    "temporal-client-certificate": tlsCert === undefined ? undefined : end(tlsCert, Math.min),
    // While authorities change, both are in the bundle: it is good for as long as one of them is.
    "temporal-ca": tlsCa === undefined ? undefined : end(tlsCa, Math.max),
    "temporal-api-key": apiKey === undefined ? undefined : tokenEnds(apiKey),
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, number] => entry[1] !== undefined));
}

/** When the certificates of a PEM text end: the first of a chain, the last of a bundle. A text that cannot be read is the connection's to complain about. */
function end(pem: string, pick: (...ends: number[]) => number): number | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const ends = blocks.flatMap((block) => {
    try {
      return [Date.parse(new X509Certificate(block).validTo) / 1000];
    } catch {
      return [];
    }
  });
  return ends.length === 0 ? undefined : pick(...ends);
}

/** The `exp` of a key that is a JSON Web Token, as Temporal Cloud's are. */
function tokenEnds(key: string): number | undefined {
  const [, body] = key.split(".");
  try {
    const { exp } = JSON.parse(Buffer.from(body ?? "", "base64url").toString()) as { exp?: unknown };
    return typeof exp === "number" ? exp : undefined;
  } catch {
    return undefined;
  }
}
