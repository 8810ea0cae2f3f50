import { z } from "zod";
import { type ExitCode, exitCodes, XnovuError } from "../../core/errors.ts";
import { refusals } from "../../outbox/expand-contract.ts";
import { lastLine } from "../image/buildx.ts";
import type { Ran } from "../image/run.ts";
import { titleOf } from "./names.ts";
import { planAsk } from "./plan.ts";
import { ask, type Server } from "./server.ts";

// What the new image itself says of settings, dependencies and migrations, on the server, before anything is changed there.

const finding = z.object({ check: z.string(), state: z.string(), found: z.string(), todo: z.string().optional() });
const doctorSays = z.object({ checks: z.array(finding) });
export type Finding = z.infer<typeof finding>;

/** Without these no release works. The others tell of what a deploy mends (missing tables, no worker yet) or what passes (a closed gate). */
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

/** Why a release must not be started; undefined when nothing speaks against it. Pure. */
export function doctorFault(checks: readonly Finding[]): XnovuError | undefined {
  const wrong = checks.filter(({ check, state }) => state === "bad" || (state === "down" && needed.has(check)));
  if (wrong.length === 0) return undefined;
  const lines = wrong.map(({ check, found, todo }) => `  ${check}: ${found}${todo === undefined ? "" : ` → ${todo}`}`);
  const exitCode: ExitCode = wrong.some(({ state }) => state === "bad") ? exitCodes.settings : exitCodes.failed;
  return new XnovuError(`doctor finds, on the server:\n${lines.join("\n")}`, {
    exitCode,
    hint: "Nothing was changed. compose.yaml says which settings are handed over.",
  });
}

/** @throws XnovuError with what the doctor of the release finds. */
export async function examine(release: number, server: Server): Promise<void> {
  const ran = await ask(planAsk(release, server.inputs, ["doctor", "--for", "all", "--json"]), server);
  const fault = doctorFault(read(ran, doctorSays, release, "doctor").checks);
  if (fault !== undefined) throw fault;
}

const migrationsSay = z.object({
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
export type Migrations = z.infer<typeof migrationsSay>;

export const askMigrations = async (release: number, server: Server): Promise<Migrations> =>
  read(
    await ask(planAsk(release, server.inputs, ["migrate", "status", "--json"]), server),
    migrationsSay,
    release,
    "migrate status",
  );

/**
 * Whether the code that is live can go on while these migrations are applied. `oldest` is the first release that still meets the schema then:
 * undefined when all do. Pure.
 *
 * @throws XnovuError with every statement that must wait for a later release.
 */
export function judgeMigrations(
  { applied, destructive }: Migrations,
  release: number,
  live: number | undefined,
  allowed: boolean,
): number | undefined {
  // Nobody's code works on an empty database.
  if (live === undefined || destructive.length === 0) return undefined;
  const refused = refusals(
    destructive,
    applied.map(({ name }) => name),
  );
  if (refused.length === 0) return live;
  if (allowed) return release;
  throw new XnovuError(
    `These migrations would break ${titleOf(live)}, which serves while ${titleOf(release)} starts:\n${refused.map((line) => `  ${line}`).join("\n")}`,
    {
      hint: "Nothing was changed. Deploy the code that needs it no more first, and the migration with a later release, marked `-- contract: <reason>`; or --allow-destructive.",
    },
  );
}

export const migrateWords = ["migrate", "up", "--check-settings"] as const;

/** A program's JSON, or its own words as the fault. */
function read<T>(ran: Ran, shape: z.ZodType<T>, release: number, what: string): T {
  const line = ran.stdout.trim().split("\n").at(-1) ?? "";
  try {
    return shape.parse(JSON.parse(line));
  } catch {
    const said = lastLine(ran.stderr) || lastLine(ran.stdout) || `exit ${ran.code}`;
    const exitCode = ran.code === exitCodes.settings ? exitCodes.settings : exitCodes.failed;
    throw new XnovuError(`\`${what}\` in the image of ${titleOf(release)} gives no answer: ${said}`, {
      exitCode,
      hint: "Nothing was changed. An image built before this version cannot be deployed by it.",
    });
  }
}
