// Fails when a migration takes away what the release before it may use, and does not say why it may. `make check` runs it; a deploy asks the same.
import { destructiveIn } from "../../outbox/expand-contract.ts";
import { knownMigrations, migrationText } from "../../outbox/migrate.ts";

/** The last of the first schema, which no release was before. */
const firstSchema = "20261101000004000_access";

const later = knownMigrations().filter((name) => name > firstSchema);
const silent = destructiveIn(later.map((name) => ({ name, sql: migrationText(name) }))).filter(
  ({ contract }) => contract === null,
);
for (const { migration, line, statement, breaks } of silent)
  console.error(
    `migrations/${migration}.sql:${line}: ${statement}: ${breaks}. Do it one release later, with \`-- contract: <why nothing needs it>\` before it.`,
  );
if (silent.length > 0) process.exitCode = 1;
