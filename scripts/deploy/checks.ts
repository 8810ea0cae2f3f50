import { z } from "zod";
import { type ExitCode, exitCodes, XnovuError } from "../../core/errors.ts";
import { refusals } from "../../outbox/expand-contract.ts";
import { lastLine } from "../image/buildx.ts";
import type { Ran } from "../image/run-step.ts";
import { titleOf } from "./names.ts";
import { planProgram } from "./release-plan.ts";
import { runOn, type Server } from "./server.ts";

// Checks before a deploy changes anything. The new image runs them on the server: settings, dependencies, migrations.

const finding = z.object({ check: z.string(), state: z.string(), found: z.string(), todo: z.string().optional() });
const doctorReport = z.object({ checks: z.array(finding) });
export type Finding = z.infer<typeof finding>;

/** No release works without these. The other checks fail for reasons that a deploy fixes (missing tables, no worker yet) or that pass (sending is paused). */
const needed = new Set([
  "settings",
  "postgres",
  "postgres session",
  "postgres rights",
  "clock",
  "temporal",
  "temporal namespace",
  "novu",
  "supabase",
]);

/** The error that forbids starting a release, or undefined when every needed check passes. Pure. */
export function doctorError(checks: readonly Finding[]): XnovuError | undefined {
  const wrong = checks.filter(({ check, state }) => state === "bad" || (state === "down" && needed.has(check)));
  if (wrong.length === 0) return undefined;
  const lines = wrong.map(({ check, found, todo }) => `  ${check}: ${found}${todo === undefined ? "" : ` → ${todo}`}`);
  const exitCode: ExitCode = wrong.some(({ state }) => state === "bad") ? exitCodes.settings : exitCodes.failed;
  return new XnovuError(`The doctor found problems on the server:\n${lines.join("\n")}`, {
    exitCode,
    hint: "Nothing was changed. compose.yaml lists the settings that the containers receive.",
  });
}

/** Runs the release's own doctor on the server. @throws XnovuError that lists the failed checks. */
export async function checkDependencies(release: number, server: Server): Promise<void> {
  const ran = await runOn(planProgram(release, server.inputs, ["doctor", "--for", "all", "--json"]), server);
  const error = doctorError(read(ran, doctorReport, release, "doctor").checks);
  if (error !== undefined) throw error;
}

const migrationsReport = z.object({
  applied: z.array(z.object({ name: z.string() })),
  pending: z.array(z.string()),
  destructive: z.array(
    z.object({
      migration: z.string(),
      line: z.number(),
      statement: z.string(),
      breaks: z.string(),
      contract: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
});
export type Migrations = z.infer<typeof migrationsReport>;

export const readMigrations = async (release: number, server: Server): Promise<Migrations> =>
  read(
    await runOn(planProgram(release, server.inputs, ["migrate", "status", "--json"]), server),
    migrationsReport,
    release,
    "migrate status",
  );

/**
 * Decides whether the live release keeps working while these migrations are applied. Returns the oldest release that works with the schema
 * afterwards, or undefined when all do. Pure.
 *
 * @throws XnovuError that lists the statements which must wait for a later release.
 */
export function judgeMigrations(
  { applied, destructive }: Migrations,
  release: number,
  live: number | undefined,
  allowed: boolean,
): number | undefined {
  // On an empty database no running code can break.
  if (live === undefined || destructive.length === 0) return undefined;
  const refused = refusals(
    destructive,
    applied.map(({ name }) => name),
  );
  if (refused.length === 0) return live;
  if (allowed) return release;
  throw new XnovuError(
    `These migrations would break ${titleOf(live)}, which serves requests while ${titleOf(release)} starts:\n${refused.map((line) => `  ${line}`).join("\n")}`,
    {
      hint: "Nothing was changed. First deploy code that no longer uses these objects, then the migration with a later release, marked `-- contract: <reason>`. Or pass --allow-destructive.",
    },
  );
}

export const migrateCommand = ["migrate", "up", "--check-settings"] as const;

/** Parses the JSON that a program printed. @throws XnovuError with the program's own last line when there is none. */
function read<T>(ran: Ran, shape: z.ZodType<T>, release: number, what: string): T {
  const line = ran.stdout.trim().split("\n").at(-1) ?? "";
  try {
    return shape.parse(JSON.parse(line));
  } catch {
    const output = lastLine(ran.stderr) || lastLine(ran.stdout) || `exit ${ran.code}`;
    const exitCode = ran.code === exitCodes.settings ? exitCodes.settings : exitCodes.failed;
    throw new XnovuError(`\`${what}\` in the image of ${titleOf(release)} printed no result: ${output}`, {
      exitCode,
      hint: "Nothing was changed. This version of the command cannot deploy images built before it.",
    });
  }
}
