import { setImmediate } from "node:timers/promises";
import type { Settings } from "../../../core/config/variables.ts";
import { HttpStatusError } from "../../../core/diagnosis/category.ts";
import { type Diagnose, diagnoseProcess } from "../../../core/diagnosis/diagnosis.ts";
import { diagnoseSupabase } from "../../../core/diagnosis/supabase.ts";
import { SettingsError } from "../../../core/errors.ts";
import { diagnoseNovu } from "../../../novu/diagnosis.ts";
import { diagnosePostgres } from "../../../outbox/diagnosis.ts";
import { appPool } from "../pool.ts";
import { querySupabase } from "./query-supabase.ts";

/** Something the app needs. `query` resolves when it works, and stops when the signal aborts; `diagnose` explains its error. */
export interface Dependency {
  readonly query: (signal: AbortSignal) => Promise<void>;
  readonly diagnose: Diagnose;
}

/** Waits for the event loop: the latency shows how busy this process is. */
export const server: Dependency = { query: () => setImmediate(), diagnose: diagnoseProcess };

export const database = (settings: Settings["database"]): Dependency => ({
  query: async () => {
    await appPool(settings).query("select 1");
  },
  diagnose: (error) => diagnosePostgres(error, settings.url),
});

/** Novu's own health check. It takes no key, so that public requests to /api/health use none of the key's rate limit. */
export const novu = ({ apiUrl }: Settings["novu"]): Dependency => ({
  query: async (signal) => {
    const response = await fetch(`${apiUrl}/v1/health-check`, { signal, cache: "no-store" });
    await response.body?.cancel();
    if (!response.ok) throw new HttpStatusError(response.status);
  },
  diagnose: (error) => diagnoseNovu(error, apiUrl),
});

export function supabase({ url, serviceRoleKey }: Settings["supabase"]): Dependency {
  if (url === undefined || serviceRoleKey === undefined)
    throw new SettingsError([
      "SUPABASE_SERVICE_ROLE_KEY is missing: the health check needs it while NEXT_PUBLIC_SUPABASE_URL is set",
    ]);
  return {
    query: (signal) => querySupabase(url, serviceRoleKey, signal),
    diagnose: (error) => diagnoseSupabase(error, url),
  };
}

/** A dependency whose settings are missing or bad. */
export const notConfigured = (error: unknown): Dependency => ({
  query: () => Promise.reject(error),
  diagnose: diagnoseProcess,
});
