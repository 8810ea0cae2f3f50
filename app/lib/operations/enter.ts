import { headers } from "next/headers";
import { notFound } from "next/navigation";
import type { Pool } from "pg";
import { parse } from "../../../core/config/parse.ts";
import type { Settings } from "../../../core/config/variables.ts";
import { runtimeEnv } from "../env.ts";
import { appPool } from "../pool.ts";
import { accessOf } from "./access.ts";

export interface Entered {
  readonly pool: Pool;
  readonly settings: Pick<Settings, "app" | "database" | "temporal">;
}

/**
 * What a page of the operations works with, for whoever is logged in; for all others there is no such page.
 * @throws SettingsError when the database's settings are missing or bad.
 */
export async function enter(): Promise<Entered> {
  const env = runtimeEnv();
  if (accessOf(env, (await headers()).get("authorization")) !== "in") notFound();
  const settings = parse(env, ["app", "database", "temporal"]);
  return { pool: appPool(settings.database), settings };
}
