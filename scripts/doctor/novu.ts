import type { Settings } from "../../core/config/variables.ts";
import type { Asked } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { get, type HttpAnswer, isObject, said, workflowIdsOf } from "./http.ts";

export interface NovuFacts {
  /** Of the first page. */
  readonly answer: Asked<HttpAnswer>;
  /** Every workflow that Novu has; undefined when it did not say. */
  readonly workflows: readonly string[] | undefined;
}

const pageSize = 100;
const maxPages = 10;

/** Lists Novu's workflows: the cheapest call that needs the key, and it says what is synced. */
export async function askNovu({ apiUrl, secretKey }: Settings["novu"], limitMs: number): Promise<NovuFacts> {
  const page = (number: number) =>
    get(`${apiUrl}/v2/workflows?limit=${pageSize}&offset=${number * pageSize}`, limitMs, {
      authorization: `ApiKey ${secretKey}`,
      accept: "application/json",
    });
  const answer = await page(0);
  const first = listIn(answer);
  if (first === undefined) return { answer, workflows: undefined };
  const workflows = [...first.ids];
  for (let number = 1; workflows.length < first.total && number < maxPages; number++) {
    const next = listIn(await page(number));
    if (next === undefined || next.ids.length === 0) break;
    workflows.push(...next.ids);
  }
  return { answer, workflows };
}

function listIn(asked: Asked<HttpAnswer>): { readonly ids: readonly string[]; readonly total: number } | undefined {
  if (!asked.ok || asked.value.status !== 200 || !isObject(asked.value.body)) return undefined;
  const { data } = asked.value.body;
  if (!isObject(data) || !Array.isArray(data.workflows)) return undefined;
  return { ids: workflowIdsOf(data.workflows), total: Number(data.totalCount ?? 0) };
}

/** `served`: the workflows that the bridge says it serves, or those of this version when it cannot be asked. */
export function judgeNovu(facts: NovuFacts, { apiUrl }: Settings["novu"], served: readonly string[]): Finding[] {
  const { answer, workflows } = facts;
  const check = "novu";
  if (workflows === undefined)
    return [
      { check, state: "down", ms: answer.ms, ...refusal(answer, apiUrl) },
      { check: "novu workflows", state: "unknown", found: "Novu did not list them" },
    ];
  return [{ check, state: "ok", ms: answer.ms, found: `${apiUrl} takes the key` }, synced(workflows, served)];
}

function refusal(answer: Asked<HttpAnswer>, apiUrl: string): Pick<Finding, "found" | "todo"> {
  if (!answer.ok)
    return {
      found: `${apiUrl} cannot be reached: ${answer.fault.message}`,
      todo: "is NOVU_API_URL right, and may this machine connect there?",
    };
  const { status } = answer.value;
  const found = `${apiUrl} answers ${said(answer.value)}`;
  if (status === 401 || status === 403)
    return {
      found: `${apiUrl} refuses the key (${said(answer.value)})`,
      todo: "set NOVU_SECRET_KEY to the secret key of the environment at Novu; keys of the EU region need NOVU_API_URL=https://eu.api.novu.co",
    };
  if (status === 402) return { found, todo: "look at the plan and its limits at Novu" };
  if (status === 429) return { found, todo: "wait: Novu limits the rate of this key" };
  if (status >= 500) return { found, todo: "wait, or look at Novu's status page" };
  return { found, todo: "is NOVU_API_URL the address of Novu's API?" };
}

function synced(workflows: readonly string[], served: readonly string[]): Finding {
  const check = "novu workflows";
  const missing = served.filter((id) => !workflows.includes(id));
  return missing.length === 0
    ? { check, state: "ok", found: `Novu has the ${served.length} that the bridge serves` }
    : {
        check,
        state: "down",
        found: `Novu lacks ${missing.join(", ")}`,
        todo: "run `pnpm xnovu sync --bridge-url https://<your app>/api/novu`",
      };
}
