import { headers } from "next/headers";
import { notFound } from "next/navigation";
import type { Pool } from "pg";
import { parse } from "../../../core/config/parse.ts";
import type { Settings } from "../../../core/config/variables.ts";
import { runtimeEnv } from "../env.ts";
import { appPool } from "../pool.ts";
import { accessOf } from "./access.ts";

export interface OperatorSession {
  readonly pool: Pool;
  readonly settings: Pick<Settings, "app" | "database" | "temporal">;
}

/**
 * Opens an operations page for a request with a login: its pool and settings. Any other request gets "not found".
 * @throws SettingsError when the database settings are missing or bad.
 */
export async function enter(): Promise<OperatorSession> {
  const env = runtimeEnv();
  if (accessOf(env, (await headers()).get("authorization")) !== "granted") notFound();
  const settings = parse(env, ["app", "database", "temporal"]);
  return { pool: appPool(settings.database), settings };
}
