import type { Settings } from "../../core/config/variables.ts";
import type { Measured } from "../../core/diagnosis/measure.ts";
import { diagnoseSupabase, isSupabaseHealthy, supabaseHealthTable } from "../../core/diagnosis/supabase.ts";
import { down, type Finding } from "./finding.ts";
import { errorIn, get, type HttpReply, isObject } from "./http.ts";

/** Queries the project's REST API over plain HTTP, so that the worker's image needs no Supabase client. Undefined where no project is configured. */
export async function querySupabase(
  { url, serviceRoleKey }: Settings["supabase"],
  limitMs: number,
): Promise<Measured<HttpReply> | "no key" | undefined> {
  if (url === undefined) return undefined;
  if (serviceRoleKey === undefined) return "no key";
  const headers = { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}`, accept: "application/json" };
  return await get(`${url}/rest/v1/${supabaseHealthTable}?select=*&limit=1`, limitMs, headers);
}

export function supabaseFinding(reply: Measured<HttpReply> | "no key", url: string): Finding {
  const check = "supabase";
  if (reply === "no key")
    return {
      check,
      state: "down",
      found: "SUPABASE_SERVICE_ROLE_KEY is missing",
      todo: "Set SUPABASE_SERVICE_ROLE_KEY, or remove NEXT_PUBLIC_SUPABASE_URL.",
    };
  if (reply.ok && isSupabaseHealthy(reply.value.status, isObject(reply.value.body) ? reply.value.body.code : undefined))
    return { check, state: "ok", ms: reply.ms, found: `${url} accepts the key` };
  return down(check, reply.ms, diagnoseSupabase(errorIn(reply), url));
}
