import { createHmac } from "node:crypto";
import type { Asked } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { get, type HttpAnswer, isObject, type Place, said, workflowIdsOf } from "./http.ts";

export interface AppFacts {
  readonly health: Asked<HttpAnswer>;
  /** What the bridge serves, asked as Novu asks it. Undefined without a key to sign with. */
  readonly bridge: Asked<HttpAnswer> | undefined;
}

export async function askApp({ url }: Place, secretKey: string | undefined, limitMs: number): Promise<AppFacts> {
  const signed = secretKey === undefined ? undefined : { "novu-signature": signature(secretKey, Date.now()) };
  const [health, bridge] = await Promise.all([
    get(`${url}/api/health`, limitMs),
    signed === undefined ? undefined : get(`${url}/api/novu?action=discover`, limitMs, signed),
  ]);
  return { health, bridge };
}

/** The header that Novu signs a GET with: hex HMAC-SHA256 over `<ms>.{}`. */
const signature = (secretKey: string, nowMs: number): string =>
  `t=${nowMs},v1=${createHmac("sha256", secretKey).update(`${nowMs}.{}`).digest("hex")}`;

/** The workflows that the bridge serves; undefined when it did not say. */
export function servedBy({ bridge }: AppFacts): readonly string[] | undefined {
  if (!bridge?.ok || bridge.value.status !== 200 || !isObject(bridge.value.body)) return undefined;
  return Array.isArray(bridge.value.body.workflows) ? workflowIdsOf(bridge.value.body.workflows) : undefined;
}

export function judgeApp(facts: AppFacts, place: Place): Finding[] {
  const { health, bridge } = facts;
  if (!health.ok)
    return [absent("app", health, place), { check: "bridge", state: "unknown", found: "the app does not answer" }];
  const findings = [appFinding(health.value, health.ms, place)];
  if (bridge === undefined)
    return [...findings, { check: "bridge", state: "unknown", found: "NOVU_SECRET_KEY is needed to ask it" }];
  return [...findings, bridgeFinding(facts, bridge, place)];
}

/** Nothing answers. At an address that nobody named, that may be as it should be. */
export function absent(check: "app" | "worker", asked: Asked<HttpAnswer>, { url, named }: Place): Finding {
  const why = asked.ok ? said(asked.value) : asked.fault.message;
  return {
    check,
    state: named ? "down" : "warn",
    ms: asked.ms,
    found: `no ${check} answers at ${url}: ${why}`,
    todo: named
      ? check === "worker"
        ? "start it with `pnpm xnovu worker start`, and look at its log"
        : "start it, and look at its log"
      : `where it runs elsewhere, name it: --${check}-url http://host:port`,
  };
}

function appFinding(answer: HttpAnswer, ms: number, place: Place): Finding {
  const check = "app";
  const checks = isObject(answer.body) && isObject(answer.body.checks) ? answer.body.checks : undefined;
  if (checks === undefined) return absent(check, { ok: true, value: answer, ms }, place);
  const down = downIn(checks);
  return down.length === 0
    ? { check, state: "ok", ms, found: `${place.url} is up` }
    : {
        check,
        state: "down",
        ms,
        found: down.map(({ text }) => text).join("; "),
        todo: "the app's own settings or network: its log has the reasons",
      };
}

/** The parts of a health report that are down, and since when. */
export function downIn(
  checks: Readonly<Record<string, unknown>>,
): { readonly text: string; readonly since?: string }[] {
  return Object.entries(checks).flatMap(([name, part]) => {
    if (!isObject(part) || part.status === "up") return [];
    const reason = typeof part.error === "string" ? `: ${part.error}` : "";
    return [{ text: `${name} is down${reason}`, ...(typeof part.since === "string" ? { since: part.since } : {}) }];
  });
}

function bridgeFinding(facts: AppFacts, bridge: Asked<HttpAnswer>, { url }: Place): Finding {
  const check = "bridge";
  const served = servedBy(facts);
  if (served !== undefined) return { check, state: "ok", ms: bridge.ms, found: `serves ${served.length} workflows` };
  const todo = "look at the app's log";
  if (!bridge.ok)
    return { check, state: "down", ms: bridge.ms, found: `${url}/api/novu: ${bridge.fault.message}`, todo };
  return bridge.value.status === 401
    ? {
        check,
        state: "down",
        ms: bridge.ms,
        found: "it refuses what is signed with this NOVU_SECRET_KEY (HTTP 401)",
        todo: "give the app the same NOVU_SECRET_KEY, and set the clocks",
      }
    : { check, state: "down", ms: bridge.ms, found: `${url}/api/novu answers ${said(bridge.value)}`, todo };
}
