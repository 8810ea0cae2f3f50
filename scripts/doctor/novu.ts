import type { Settings } from "../../core/config/variables.ts";
import type { Measured } from "../../core/diagnosis/measure.ts";
import { diagnoseNovu } from "../../novu/diagnosis.ts";
import { down, type Finding, unknown } from "./finding.ts";
import { errorIn, get, type HttpReply, isObject, workflowIdsOf } from "./http.ts";

export interface NovuFacts {
  /** The first page. */
  readonly reply: Measured<HttpReply>;
  /** Every workflow in Novu; undefined when Novu did not list them. */
  readonly workflows: readonly string[] | undefined;
}

const pageSize = 100;
const maxPages = 10;

/** Lists Novu's workflows: the cheapest call that needs the key, and it shows what is synced. */
export async function queryNovu({ apiUrl, secretKey }: Settings["novu"], limitMs: number): Promise<NovuFacts> {
  const page = (number: number) =>
    get(`${apiUrl}/v2/workflows?limit=${pageSize}&offset=${number * pageSize}`, limitMs, {
      authorization: `ApiKey ${secretKey}`,
      accept: "application/json",
    });
  const reply = await page(0);
  const first = listIn(reply);
  if (first === undefined) return { reply, workflows: undefined };
  const workflows = [...first.ids];
  for (let number = 1; workflows.length < first.total && number < maxPages; number++) {
    const next = listIn(await page(number));
    if (next === undefined || next.ids.length === 0) break;
    workflows.push(...next.ids);
  }
  return { reply, workflows };
}

function listIn(reply: Measured<HttpReply>): { readonly ids: readonly string[]; readonly total: number } | undefined {
  if (!reply.ok || reply.value.status !== 200 || !isObject(reply.value.body)) return undefined;
  const { data } = reply.value.body;
  if (!isObject(data) || !Array.isArray(data.workflows)) return undefined;
  return { ids: workflowIdsOf(data.workflows), total: Number(data.totalCount ?? 0) };
}

/** `served`: the workflows that the bridge serves, or those of this version when the bridge does not list them. */
export function novuFindings(
  { reply, workflows }: NovuFacts,
  { apiUrl }: Settings["novu"],
  served: readonly string[],
): Finding[] {
  const check = "novu";
  if (workflows === undefined)
    return [
      down(check, reply.ms, diagnoseNovu(errorIn(reply), apiUrl)),
      unknown("novu workflows", "Novu did not list them"),
    ];
  return [{ check, state: "ok", ms: reply.ms, found: `${apiUrl} accepts the key` }, syncFinding(workflows, served)];
}

function syncFinding(workflows: readonly string[], served: readonly string[]): Finding {
  const check = "novu workflows";
  const missing = served.filter((id) => !workflows.includes(id));
  return missing.length === 0
    ? { check, state: "ok", found: `Novu has the ${served.length} workflows that the bridge serves` }
    : {
        check,
        state: "down",
        found: `Novu lacks ${missing.join(", ")}`,
        todo: "Run `pnpm xnovu sync --bridge-url https://<your app>/api/novu`.",
      };
}
