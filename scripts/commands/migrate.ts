import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError, XnovuError } from "../../core/errors.ts";
import { type Command, type Context, isSet, json, text } from "../cli/command.ts";
import { databaseUrl, explainDatabase } from "../cli/database.ts";
import { count } from "../cli/input.ts";
import { settingsOf } from "../cli/settings.ts";
import { table, time } from "../cli/table.ts";

export const migrateUp: Command = {
  name: "migrate up",
  summary: "apply the migrations that are missing",
  examples: [
    ["migrate up", "all of them"],
    ["migrate up --count 1", "one"],
    ["migrate up --check-settings", "before app and worker are started: names what they would miss"],
  ],
  notes:
    "Runs in one transaction under an advisory lock: a second run waits for the first one and then finds nothing to do.",
  flags: [
    { flags: "--count <n>", about: "at the most" },
    {
      flags: "--check-settings",
      about: "first check all settings of app and worker; exit 78 names those missing or wrong",
    },
    json,
  ],
  async run(context, _args, flags) {
    if (isSet(flags, "checkSettings"))
      await settingsOf(context, "general", "novu", "database", "supabase", "temporal", "worker", "app");
    return await migrateBy(context, "up", text(flags, "count"), isSet(flags, "json"));
  },
};

export const migrateDown: Command = {
  name: "migrate down",
  summary: "take the last migrations back",
  examples: [["migrate down --count 1 --yes", "the last one; what its tables hold is lost"]],
  flags: [
    { flags: "--count <n>", about: "how many", fallback: "1" },
    { flags: "--yes", about: "really: this deletes tables and what they hold" },
    json,
  ],
  async run(context, _args, flags) {
    if (!isSet(flags, "yes"))
      throw new UsageError("migrate down deletes tables and what they hold", "Add --yes to do it.");
    return await migrateBy(context, "down", text(flags, "count"), isSet(flags, "json"));
  },
};

async function migrateBy(
  context: Context,
  direction: "up" | "down",
  asked: string | undefined,
  asJson: boolean,
): Promise<undefined> {
  const url = await databaseUrl(context);
  const limit = asked === undefined ? undefined : count(asked, "--count", 1, 1000);
  const { migrate } = await import("../../outbox/migrate.ts");
  const log = (line: string) =>
    /^### MIGRATION/.test(line) &&
    context.note(
      line.replace(/^### MIGRATION (\S+) \((UP|DOWN)\) ###/, direction === "up" ? "applying $1" : "taking back $1"),
    );
  const done = await migrate(url, { direction, log, ...(limit === undefined ? {} : { count: limit }) }).catch(
    async (error: unknown) => {
      throw await explainDatabase(error, url);
    },
  );
  if (asJson) context.out(JSON.stringify({ direction, done }));
  else
    context.out(
      done.length === 0
        ? "nothing to do: the schema is up to date"
        : `${direction === "up" ? "applied" : "took back"} ${done.length}: ${done.join(", ")}`,
    );
  return undefined;
}

export const migrateStatus: Command = {
  name: "migrate status",
  summary: "compare the database's schema with this version",
  examples: [
    ["migrate status", "what is applied and what is missing"],
    ["migrate status --check", "exit 1 unless the schema is the one of this version; for probes"],
  ],
  flags: [{ flags: "--check", about: "say it by the exit code: 1 when a migration is missing or unknown" }, json],
  async run(context, _args, flags) {
    const url = await databaseUrl(context);
    const { migrationStatus, migrationText } = await import("../../outbox/migrate.ts");
    const { destructiveIn } = await import("../../outbox/expand-contract.ts");
    const status = await migrationStatus(url).catch(async (error: unknown) => {
      throw await explainDatabase(error, url);
    });
    // Asked by `deploy` of the image that it is about to start.
    const destructive = destructiveIn(status.pending.map((name) => ({ name, sql: migrationText(name) })));
    if (isSet(flags, "json")) context.out(JSON.stringify({ ...status, destructive }));
    else {
      const rows = [
        ...status.applied.map(({ name, at }) => [
          name,
          status.unknown.includes(name) ? "unknown here" : "applied",
          time(at),
        ]),
        ...status.pending.map((name) => [name, "missing", ""]),
      ];
      context.out(table(["MIGRATION", "STATE", "AT"], rows));
    }
    if (status.unknown.length > 0) context.note("xnovu: the database is ahead of this version of the code");
    if (status.applied.length > 0)
      for (const { migration, line, breaks, contract } of destructive)
        context.note(`xnovu: ${migration}, line ${line} takes something away: ${contract ?? breaks}`);
    if (status.pending.length > 0)
      context.note(`xnovu: ${status.pending.length} missing: run \`pnpm xnovu migrate up\``);
    return isSet(flags, "check") && status.pending.length + status.unknown.length > 0 ? 1 : 0;
  },
};

export const migrateCreate: Command = {
  name: "migrate create <name>",
  summary: "start a new migration file",
  examples: [["migrate create add-locale", "migrations/<time>_add-locale.sql with both parts to fill in"]],
  flags: [json],
  async run(context, [name = ""], flags) {
    if (!/^[a-z0-9][a-z0-9_-]{0,60}$/.test(name))
      throw new UsageError("the name must be of a-z 0-9 _ -, such as add-locale");
    const { migrationsDir, knownMigrations } = await import("../../outbox/migrate.ts");
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 17);
    const file = `${stamp}_${name}.sql`;
    const last = knownMigrations().at(-1);
    if (last !== undefined && file <= last)
      throw new XnovuError(`the clock is behind the last migration (${last})`, {
        hint: "Set the machine's clock: migrations run in the order of their times.",
      });
    const path = join(migrationsDir, file);
    // The runner cuts the file at a line that starts with these words, comments included: neither part may repeat them.
    writeFileSync(path, "-- Up Migration\n\n\n-- Down Migration\n\n", { flag: "wx" });
    context.out(isSet(flags, "json") ? JSON.stringify({ path }) : path);
    return undefined;
  },
};
