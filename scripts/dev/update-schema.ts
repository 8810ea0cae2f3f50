// Writes outbox/schema.sql: applies every migration to an empty Postgres 18 and dumps the schema. outbox/schema.test.ts compares the two.
import { writeFileSync } from "node:fs";
import { Client } from "pg";
import { migrateUp } from "../../outbox/migrate.ts";
import { privatePostgres } from "../../test/support/servers.ts";
import { dumpSchema } from "./schema-dump.ts";
import { grantedRole, schemaFile, schemaHeading } from "./schema-file.ts";

const server = await privatePostgres("18");
const client = new Client({ connectionString: server.url });
try {
  await client.connect();
  await client.query(`CREATE ROLE ${grantedRole}`);
  await migrateUp(server.url);
  writeFileSync(schemaFile, schemaHeading + (await dumpSchema(client)));
} finally {
  await client.end();
  await server.close();
}
