import { createHmac } from "node:crypto";
import type { Measured } from "../../core/diagnosis/measure.ts";
import { messageOf } from "../../core/errors.ts";
import { down, type Finding, unknown } from "./finding.ts";
import { type Endpoint, errorIn, get, type HttpReply, isObject, workflowIdsOf } from "./http.ts";

export interface AppFacts {
  readonly health: Measured<HttpReply>;
  /** What the bridge serves, requested as Novu requests it. Undefined without a key to sign the request. */
  readonly bridge: Measured<HttpReply> | undefined;
}

export async function queryApp({ url }: Endpoint, secretKey: string | undefined, limitMs: number): Promise<AppFacts> {
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

/** The workflows that the bridge serves; undefined when it did not list them. */
export function servedBy({ bridge }: AppFacts): readonly string[] | undefined {
  if (!bridge?.ok || bridge.value.status !== 200 || !isObject(bridge.value.body)) return undefined;
  return Array.isArray(bridge.value.body.workflows) ? workflowIdsOf(bridge.value.body.workflows) : undefined;
}

export function appFindings(facts: AppFacts, endpoint: Endpoint): Finding[] {
  const { health, bridge } = facts;
  if (!health.ok) return [absent("app", health, endpoint), unknown("bridge", "the app does not respond")];
  const findings = [healthFinding(health.value, health.ms, endpoint)];
  if (bridge === undefined) return [...findings, unknown("bridge", "NOVU_SECRET_KEY is needed to query it")];
  return [...findings, bridgeFinding(facts, bridge, endpoint)];
}

/** Nothing responds. That is a problem only at an address that a flag or a setting names. */
export function absent(check: "app" | "worker", reply: Measured<HttpReply>, { url, named }: Endpoint): Finding {
  const start = {
    app: "Start it, and check its log.",
    worker: "Start it with `pnpm xnovu worker start`, and check its log.",
  };
  return {
    check,
    state: named ? "down" : "warn",
    ms: reply.ms,
    found: `no ${check} responds at ${url}: ${messageOf(errorIn(reply))}`,
    todo: named ? start[check] : `If it runs elsewhere, give its address: --${check}-url http://host:port`,
  };
}

function healthFinding(reply: HttpReply, ms: number, endpoint: Endpoint): Finding {
  const check = "app";
  const checks = isObject(reply.body) && isObject(reply.body.checks) ? reply.body.checks : undefined;
  if (checks === undefined) return absent(check, { ok: true, value: reply, ms }, endpoint);
  const failed = downIn(checks);
  if (failed.length === 0) return { check, state: "ok", ms, found: `${endpoint.url} is up` };
  const message = failed.map(({ text }) => text).join("; ");
  return down(check, ms, { message, hint: "Check the app's own settings and network: its log has the reasons." });
}

/** The components of a health report that are down, and since when. */
export function downIn(
  checks: Readonly<Record<string, unknown>>,
): { readonly text: string; readonly since?: string }[] {
  return Object.entries(checks).flatMap(([name, component]) => {
    if (!isObject(component) || component.status === "up") return [];
    const reason = typeof component.error === "string" ? `: ${component.error}` : "";
    const since = typeof component.since === "string" ? { since: component.since } : {};
    return [{ text: `${name} is down${reason}`, ...since }];
  });
}

function bridgeFinding(facts: AppFacts, bridge: Measured<HttpReply>, { url }: Endpoint): Finding {
  const check = "bridge";
  const served = servedBy(facts);
  if (served !== undefined) return { check, state: "ok", ms: bridge.ms, found: `serves ${served.length} workflows` };
  if (bridge.ok && bridge.value.status === 401)
    return down(check, bridge.ms, {
      message: "it refuses requests signed with this NOVU_SECRET_KEY (HTTP 401)",
      hint: "Give the app the same NOVU_SECRET_KEY, and synchronize the clocks.",
    });
  return down(check, bridge.ms, {
    message: `${url}/api/novu: ${messageOf(errorIn(bridge))}`,
    hint: "Check the app's log.",
  });
}
