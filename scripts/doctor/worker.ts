import type { Measured } from "../../core/diagnosis/measure.ts";
import { absent, downIn } from "./app.ts";
import type { Finding } from "./finding.ts";
import { type Endpoint, get, type HttpReply, isObject } from "./http.ts";

export const queryWorker = ({ url }: Endpoint, limitMs: number): Promise<Measured<HttpReply>> =>
  get(`${url}/health`, limitMs);

export function workerFinding(reply: Measured<HttpReply>, endpoint: Endpoint): Finding {
  const check = "worker";
  const checks =
    reply.ok && isObject(reply.value.body) && isObject(reply.value.body.checks) ? reply.value.body.checks : undefined;
  if (checks === undefined) return absent(check, reply, endpoint);
  const down = downIn(checks);
  if (down.length === 0) return { check, state: "ok", ms: reply.ms, found: `${endpoint.url} is healthy` };
  const since = down.flatMap((component) => component.since ?? []).sort()[0];
  return {
    check,
    state: "down",
    ms: reply.ms,
    ...(since === undefined ? {} : { since }),
    found: down.map(({ text }) => text).join("; "),
    todo: "`pnpm xnovu worker status` shows more. The worker recovers by itself when its dependencies are back.",
  };
}
