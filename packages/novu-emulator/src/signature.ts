import { createHmac } from "node:crypto";

/** The `novu-signature` header of a bridge call: hex HMAC-SHA256 over `<ms>.<body>`. A GET signs the body `{}`. */
export function sign(secretKey: string, body: string, nowMs: number): string {
  const hmac = createHmac("sha256", secretKey).update(`${nowMs}.${body}`).digest("hex");
  return `t=${nowMs},v1=${hmac}`;
}
