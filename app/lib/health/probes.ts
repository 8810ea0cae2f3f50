import { setImmediate as nextTurn } from "node:timers/promises";
import type { Settings } from "../../../core/config/variables.ts";
import { SettingsError } from "../../../core/errors.ts";
import { appPool } from "../pool.ts";
import { HttpStatusError } from "./category.ts";
import type { Probe } from "./check.ts";
import { askSupabase } from "./supabase.ts";

/** One turn of the event loop: its latency says how busy this process is. */
export const serverProbe: Probe = async () => {
  await nextTurn();
};

export const databaseProbe =
  (database: Settings["database"]): Probe =>
  async () => {
    await appPool(database).query("select 1");
  };

/** Novu's own health check: it takes no key, so this says that the address is right and the API answers. */
export const novuProbe =
  (novu: Settings["novu"]): Probe =>
  async (signal) => {
    const response = await fetch(`${novu.apiUrl}/v1/health-check`, { signal, cache: "no-store" });
    await response.body?.cancel();
    if (!response.ok) throw new HttpStatusError(response.status);
  };

export const supabaseProbe =
  ({ url, serviceRoleKey }: Settings["supabase"]): Probe =>
  async (signal) => {
    if (url === undefined || serviceRoleKey === undefined)
      throw new SettingsError([
        "SUPABASE_SERVICE_ROLE_KEY is missing: the health check needs it while NEXT_PUBLIC_SUPABASE_URL is set",
      ]);
    await askSupabase(url, serviceRoleKey, signal);
  };

/** Stands for a dependency whose settings are missing or wrong. */
export const failing =
  (error: unknown): Probe =>
  () =>
    Promise.reject(error);
