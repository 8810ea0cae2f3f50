import { type Diagnosis, diagnosisOf } from "../core/diagnosis/diagnosis.ts";
import { messageOf } from "../core/errors.ts";
import { maskUrl } from "../core/mask.ts";
import { isSchemaBehind, isUnavailable } from "./unavailable.ts";

export const poolerHint =
  "Point DATABASE_URL at the server itself or at a session-mode pooler (on Supabase: port 5432 instead of 6543).";
export const ownerHint = "Connect as the owner of schema notify, or grant the role what it lacks.";

/** How to fix what TLS or the lack of it refuses; undefined for any other error. Source of the codes: Node's documentation, "X509 certificate error codes". */
function tlsHint(code: string, message: string): string | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "The certificate is made out to another name: use that name in DATABASE_URL, or sslmode=verify-ca to accept any name.";
  if (/^(UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_)/.test(code))
    return "Add sslrootcert=<path of the authority's certificate> to DATABASE_URL, or use sslmode=require, which does not check the certificate.";
  if (message === "The server does not support SSL connections")
    return "Turn TLS on at the server, or use sslmode=prefer or sslmode=disable in DATABASE_URL.";
  if (code === "28000" && /no encryption|SSL off/.test(message))
    return "The server wants TLS: add sslmode=require (or verify-full) to DATABASE_URL.";
  return undefined;
}

/** What an error of Postgres means, where its cause lies outside the code; undefined for any other error. `url`: DATABASE_URL. */
export function explainPostgres(error: unknown, url: string): Diagnosis | undefined {
  const message = messageOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  // PgBouncer in statement mode refuses transactions as a protocol violation. Class 08 counts as unavailable, so this comes first.
  if (code === "08P01" && /pool/i.test(message)) return diagnosisOf(error, message, poolerHint);
  const parameter = /unsupported startup parameter(?: in options)?: (\S+)/.exec(message)?.[1];
  if (parameter !== undefined)
    return diagnosisOf(error, message, `Set ignore_startup_parameters = ${parameter} in PgBouncer's configuration.`);
  const ofTls = tlsHint(String(code ?? ""), message);
  if (ofTls !== undefined)
    return diagnosisOf(error, `no connection to the database at ${maskUrl(url)}: ${message}`, ofTls);
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  if (isTimeout || isUnavailable(error))
    return diagnosisOf(
      error,
      `the database at ${maskUrl(url)} cannot be reached: ${message}`,
      "Check that it is up and that DATABASE_URL is right. `pnpm xnovu up` starts one on this machine.",
    );
  if (code === "28P01" || code === "28000" || code === "3D000")
    return diagnosisOf(
      error,
      `the database at ${maskUrl(url)} refused the connection: ${message}`,
      "Check the user, the password and the database name in DATABASE_URL.",
    );
  if (isSchemaBehind(error))
    return diagnosisOf(
      error,
      `the notification tables are missing or older than this version: ${message}`,
      "Run `pnpm xnovu migrate up`.",
    );
  if (code === "42501") return diagnosisOf(error, message, ownerHint);
  return undefined;
}

export const diagnosePostgres = (error: unknown, url: string): Diagnosis =>
  explainPostgres(error, url) ?? diagnosisOf(error, messageOf(error), "See the log of the database.");
