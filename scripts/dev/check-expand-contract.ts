// Fails when a migration removes what the previous release may use and has no `-- contract:` comment. `make check` runs it; a deploy checks the same.
import { destructiveIn } from "../../outbox/expand-contract.ts";
import { knownMigrations, migrationText } from "../../outbox/migrate.ts";

/** The last migration of the first schema: there is no release before it. */
const firstSchema = "20261101000004000_access";

const later = knownMigrations().filter((name) => name > firstSchema);
const silent = destructiveIn(later.map((name) => ({ name, sql: migrationText(name) }))).filter(
  ({ contract }) => contract === null,
);
for (const { migration, line, statement, breaks } of silent)
  console.error(
    `migrations/${migration}.sql:${line}: ${statement}: ${breaks}. Do it one release later, after a comment \`-- contract: <why nothing needs it>\`.`,
  );
if (silent.length > 0) process.exitCode = 1;
