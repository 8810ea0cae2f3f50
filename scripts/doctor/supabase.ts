import type { Settings } from "../../core/config/variables.ts";
import type { Asked } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { get, type HttpAnswer, isObject, said } from "./http.ts";

// No project has this table: its API answers for it from its schema cache, without a query, once it has taken the key.
const table = "xnovu_health_check";
/** What PostgREST says of a table, or a schema, that it does not serve (the last one before version 12.2). */
const notServed = ["PGRST205", "PGRST106", "42P01"];

type SupabaseSettings = Settings["supabase"];

/** Undefined where no project is configured. */
export async function askSupabase(
  { url, serviceRoleKey }: SupabaseSettings,
  limitMs: number,
): Promise<Asked<HttpAnswer> | "no key" | undefined> {
  if (url === undefined) return undefined;
  if (serviceRoleKey === undefined) return "no key";
  const headers = { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}`, accept: "application/json" };
  return await get(`${url}/rest/v1/${table}?select=*&limit=1`, limitMs, headers);
}

export function judgeSupabase(asked: Asked<HttpAnswer> | "no key", url: string): Finding {
  const check = "supabase";
  if (asked === "no key")
    return {
      check,
      state: "down",
      found: "there is no key for it",
      todo: "set SUPABASE_SERVICE_ROLE_KEY, or take NEXT_PUBLIC_SUPABASE_URL away",
    };
  const { ms } = asked;
  if (!asked.ok)
    return {
      check,
      state: "down",
      ms,
      found: `${url} cannot be reached: ${asked.fault.message}`,
      todo: "is NEXT_PUBLIC_SUPABASE_URL right, and the project not paused?",
    };
  const { status, body } = asked.value;
  const code = isObject(body) ? body.code : undefined;
  if (status === 200 || notServed.some((known) => known === code))
    return { check, state: "ok", ms, found: `${url} takes the key` };
  return status === 401 || status === 403
    ? {
        check,
        state: "down",
        ms,
        found: `${url} refuses the key (${said(asked.value)})`,
        todo: "set SUPABASE_SERVICE_ROLE_KEY to the project's",
      }
    : {
        check,
        state: "down",
        ms,
        found: `${url} answers ${said(asked.value)}`,
        todo: "is NEXT_PUBLIC_SUPABASE_URL the project's address?",
      };
}
