import { fileURLToPath } from "node:url";

// Not beside the migrations: their runner takes every file of that folder for one.
export const schemaFile = fileURLToPath(new URL("../../outbox/schema.sql", import.meta.url));

export const updateSchema = "node --import tsx scripts/dev/update-schema.ts";

export const schemaHeading = `-- The schema that the migrations make, for reading and for review. Nothing runs it.
-- Written by \`${updateSchema}\`: do not edit it by hand.

`;
