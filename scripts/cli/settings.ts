import type { Group, Settings } from "../../core/config/variables.ts";
import type { Context } from "./command.ts";

/** The settings of some groups. Imported on demand: loading zod would cost every command about 50 ms. */
export async function settingsOf<G extends Group>(
  { env }: Pick<Context, "env">,
  ...groups: G[]
): Promise<Pick<Settings, G>> {
  const { parse } = await import("../../core/config/parse.ts");
  return parse(env, groups);
}
