import { absent, downIn } from "./app.ts";
import type { Asked } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { get, type HttpAnswer, isObject, type Place } from "./http.ts";

export const askWorker = ({ url }: Place, limitMs: number): Promise<Asked<HttpAnswer>> => get(`${url}/health`, limitMs);

export function judgeWorker(asked: Asked<HttpAnswer>, place: Place): Finding {
  const check = "worker";
  const checks =
    asked.ok && isObject(asked.value.body) && isObject(asked.value.body.checks) ? asked.value.body.checks : undefined;
  if (checks === undefined) return absent(check, asked, place);
  const down = downIn(checks);
  if (down.length === 0) return { check, state: "ok", ms: asked.ms, found: `${place.url} is healthy` };
  const since = down.flatMap((part) => part.since ?? []).sort()[0];
  return {
    check,
    state: "down",
    ms: asked.ms,
    ...(since === undefined ? {} : { since }),
    found: down.map(({ text }) => text).join("; "),
    todo: "`pnpm xnovu worker status` tells more; the worker goes on by itself when what it needs is back",
  };
}
