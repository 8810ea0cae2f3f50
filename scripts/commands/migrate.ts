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
  summary: "apply pending migrations",
  examples: [
    ["migrate up", "all pending migrations"],
    ["migrate up --count 1", "only the next one"],
    ["migrate up --check-settings", "first check the settings of app and worker"],
  ],
  notes: "Runs in one transaction under an advisory lock: a second run waits for the first and then has nothing to do.",
  flags: [
    { flags: "--count <n>", about: "apply at most this many" },
    {
      flags: "--check-settings",
      about: "first check all settings of app and worker; exit code 78 when one is missing or wrong",
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
  summary: "revert the last migrations",
  examples: [["migrate down --count 1 --yes", "the last one; the data in its tables is lost"]],
  flags: [
    { flags: "--count <n>", about: "how many", fallback: "1" },
    { flags: "--yes", about: "confirm: this deletes tables with their data" },
    json,
  ],
  async run(context, _args, flags) {
    if (!isSet(flags, "yes"))
      throw new UsageError("migrate down deletes tables with their data", "Add --yes to confirm.");
    return await migrateBy(context, "down", text(flags, "count"), isSet(flags, "json"));
  },
};

async function migrateBy(
  context: Context,
  direction: "up" | "down",
  wanted: string | undefined,
  asJson: boolean,
): Promise<undefined> {
  const url = await databaseUrl(context);
  const limit = wanted === undefined ? undefined : count(wanted, "--count", 1, 1000);
  const { migrate } = await import("../../outbox/migrate.ts");
  const log = (line: string) =>
    /^### MIGRATION/.test(line) &&
    context.note(
      line.replace(/^### MIGRATION (\S+) \((UP|DOWN)\) ###/, direction === "up" ? "applying $1" : "reverting $1"),
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
        ? "Nothing to do: the schema is up to date."
        : `${direction === "up" ? "applied" : "reverted"} ${done.length}: ${done.join(", ")}`,
    );
  return undefined;
}

export const migrateStatus: Command = {
  name: "migrate status",
  summary: "compare the database's schema with this version",
  examples: [
    ["migrate status", "which migrations are applied and which are pending"],
    ["migrate status --check", "exit code 1 unless the schema is that of this version, for probes"],
  ],
  flags: [{ flags: "--check", about: "exit code 1 when a migration is pending or unknown" }, json],
  async run(context, _args, flags) {
    const url = await databaseUrl(context);
    const { migrationStatus, migrationText } = await import("../../outbox/migrate.ts");
    const { destructiveIn } = await import("../../outbox/expand-contract.ts");
    const status = await migrationStatus(url).catch(async (error: unknown) => {
      throw await explainDatabase(error, url);
    });
    // `deploy` reads this from the image that it is about to start.
    const destructive = destructiveIn(status.pending.map((name) => ({ name, sql: migrationText(name) })));
    if (isSet(flags, "json")) context.out(JSON.stringify({ ...status, destructive }));
    else {
      const rows = [
        ...status.applied.map(({ name, at }) => [
          name,
          status.unknown.includes(name) ? "unknown" : "applied",
          time(at),
        ]),
        ...status.pending.map((name) => [name, "pending", ""]),
      ];
      context.out(table(["MIGRATION", "STATE", "AT"], rows));
    }
    if (status.unknown.length > 0) context.note("xnovu: the database is ahead of this version of the code");
    if (status.applied.length > 0)
      for (const { migration, line, breaks, contract } of destructive)
        context.note(`xnovu: ${migration}, line ${line} removes something: ${contract ?? breaks}`);
    if (status.pending.length > 0)
      context.note(`xnovu: ${status.pending.length} pending: run \`pnpm xnovu migrate up\``);
    return isSet(flags, "check") && status.pending.length + status.unknown.length > 0 ? 1 : 0;
  },
};

export const migrateCreate: Command = {
  name: "migrate create <name>",
  summary: "create a migration file",
  examples: [["migrate create add-locale", "migrations/<time>_add-locale.sql with an empty up and down part"]],
  flags: [json],
  async run(context, [name = ""], flags) {
    if (!/^[a-z0-9][a-z0-9_-]{0,60}$/.test(name))
      throw new UsageError("the name may contain a-z, 0-9, _ and -, such as add-locale");
    const { migrationsDir, knownMigrations } = await import("../../outbox/migrate.ts");
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 17);
    const file = `${stamp}_${name}.sql`;
    const last = knownMigrations().at(-1);
    if (last !== undefined && file <= last)
      throw new XnovuError(`the clock is behind the last migration (${last})`, {
        hint: "Set the machine's clock: migrations run in the order of their timestamps.",
      });
    const path = join(migrationsDir, file);
    // The runner splits the file at any line that starts with these words, even inside a comment.
    writeFileSync(path, "-- Up Migration\n\n\n-- Down Migration\n\n", { flag: "wx" });
    context.out(isSet(flags, "json") ? JSON.stringify({ path }) : path);
    return undefined;
  },
};
