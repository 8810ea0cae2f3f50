// Writes outbox/schema.sql anew: every migration applied to an empty Postgres 18, then dumped. outbox/migrate.test.ts holds the two together.
import { writeFileSync } from "node:fs";
import { Client } from "pg";
import { testDatabase } from "../../test/support/database.ts";
import { dumpSchema } from "./schema-dump.ts";
import { schemaFile, schemaHeading } from "./schema-file.ts";

const database = await testDatabase();
const client = new Client({ connectionString: database.url });
try {
  await client.connect();
  writeFileSync(schemaFile, schemaHeading + (await dumpSchema(client)));
} finally {
  await client.end();
  await database.close();
}
