import { SettingsError } from "../errors.ts";

/** A dependency responded over HTTP, but not with success. `detail` is the response's own message. */
export class HttpStatusError extends Error {
  readonly status: number;

  constructor(status: number, detail = "") {
    super(`HTTP ${status}${detail && `: ${detail}`}`);
    this.name = "HttpStatusError";
    this.status = status;
  }

  get refusesCredentials(): boolean {
    return this.status === 401 || this.status === 403;
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
  // SQLSTATE codes of Postgres (PostgreSQL manual, appendix A).
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

/**
 * The kind of an error, from a closed list. This is all that the public health endpoint shows: an error's own message may hold addresses, users or
 * secrets.
 */
export function categoryOf(error: unknown): Category {
  if (error instanceof SettingsError) return "not configured";
  if (error instanceof HttpStatusError)
    return error.refusesCredentials ? "refused our credentials" : "answered with an error";
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
