import { SettingsError } from "../../../core/errors.ts";

/** An HTTP dependency answered, and not with success. */
export class HttpStatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`answered with HTTP ${status}`);
    this.name = "HttpStatusError";
    this.status = status;
  }
}

const byCode = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection lost",
  EPIPE: "connection lost",
  UND_ERR_SOCKET: "connection lost",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "host not found",
  EHOSTUNREACH: "host not reachable",
  ENETUNREACH: "host not reachable",
  ETIMEDOUT: "timed out",
  UND_ERR_CONNECT_TIMEOUT: "timed out",
  // Postgres, by its SQLSTATE codes (appendix A of its manual).
  "28000": "refused our credentials",
  "28P01": "refused our credentials",
  "3D000": "no such database",
  "53300": "too many connections",
  "57P01": "shutting down",
  "57P03": "starting up or shutting down",
  "57014": "timed out",
} as const;

const tlsCode = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

export type Category =
  | (typeof byCode)[keyof typeof byCode]
  | "not configured"
  | "answered with an error"
  | "TLS failed"
  | "failed";

/** What a stranger may know of a fault: a word from a closed list, never a message, which may hold addresses, users or secrets. */
export function categoryOf(error: unknown): Category {
  if (error instanceof SettingsError) return "not configured";
  if (error instanceof HttpStatusError)
    return error.status === 401 || error.status === 403 ? "refused our credentials" : "answered with an error";
  if (!(error instanceof Error)) return "failed";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "timed out";
  const own = ofCode("code" in error ? error.code : undefined);
  if (own !== undefined) return own;
  if (error instanceof AggregateError) return firstKnown(error.errors);
  return error.cause === undefined ? "failed" : categoryOf(error.cause);
}

function ofCode(code: unknown): Category | undefined {
  if (typeof code !== "string") return undefined;
  const known = Object.entries(byCode).find(([key]) => key === code);
  return known?.[1] ?? (tlsCode.test(code) ? "TLS failed" : undefined);
}

const firstKnown = (errors: readonly unknown[]): Category =>
  errors.map(categoryOf).find((category) => category !== "failed") ?? "failed";
