import { X509Certificate } from "node:crypto";
import type { TemporalSettings } from "./temporal/connect.ts";

/** When each credential for Temporal expires, in Unix seconds. A credential without an expiry date is left out. */
export function credentialExpiry(
  settings: Pick<TemporalSettings, "apiKey" | "tlsCa" | "tlsCert">,
): Readonly<Record<string, number>> {
  const { apiKey, tlsCa, tlsCert } = settings;
  const found = {
    "temporal-client-certificate": tlsCert === undefined ? undefined : expiryOf(tlsCert, Math.min),
    // During a change of authorities the bundle holds both. It works while one of them is valid.
    "temporal-ca": tlsCa === undefined ? undefined : expiryOf(tlsCa, Math.max),
    "temporal-api-key": apiKey === undefined ? undefined : tokenExpiry(apiKey),
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, number] => entry[1] !== undefined));
}

/** When the certificates of a PEM text expire; `pick` chooses the first or the last. An unreadable text has no expiry: connecting reports it. */
function expiryOf(pem: string, pick: (...dates: number[]) => number): number | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const dates = blocks.flatMap((block) => {
    try {
      return [Date.parse(new X509Certificate(block).validTo) / 1000];
    } catch {
      return [];
    }
  });
  return dates.length === 0 ? undefined : pick(...dates);
}

/** The `exp` of a JSON Web Token. The API keys of Temporal Cloud are such tokens. */
function tokenExpiry(key: string): number | undefined {
  const [, body] = key.split(".");
  try {
    const { exp } = JSON.parse(Buffer.from(body ?? "", "base64url").toString()) as { exp?: unknown };
    return typeof exp === "number" ? exp : undefined;
  } catch {
    return undefined;
  }
}
