import type { Client } from "pg";
import { additions, comments, dependencies, grants, objects, schema } from "./schema-queries.ts";

interface SchemaObject {
  readonly id: string;
  readonly text: string;
  /** 1 tables, 2 functions, 3 views. */
  readonly kind: number;
  readonly name: string;
}

/** The schema as SQL that an empty database can load. The same schema gives the same text on every server of one major version. */
export async function dumpSchema(client: Client): Promise<string> {
  // Names are printed with their schema unless the search path reaches them.
  await client.query("SET search_path = pg_catalog");
  const texts = async (query: string) => (await client.query<{ text: string }>(query)).rows.map(({ text }) => text);
  const found = (await client.query<SchemaObject>(objects)).rows;
  const needs = (await client.query<{ id: string; needs: string }>(dependencies)).rows;
  const blocks = [(await texts(schema)).join("\n"), ...inOrder(found, needs).map(({ text }) => text)];
  for (const addition of additions) blocks.push((await texts(addition)).join("\n"));
  const rights = (await client.query<{ role: string | null; text: string }>(grants)).rows;
  blocks.push(...grantBlocks(rights), (await texts(comments)).join("\n"));
  return `${blocks.filter(Boolean).join("\n\n")}\n`;
}

/** Tables, functions, views, each by name; but what an object needs comes before it. */
function inOrder(found: readonly SchemaObject[], needs: readonly { id: string; needs: string }[]): SchemaObject[] {
  const byId = new Map(found.map((object) => [object.id, object]));
  const ordered = new Set<SchemaObject>();
  const add = (object: SchemaObject | undefined): void => {
    if (object === undefined || ordered.has(object)) return;
    const before = needs.filter(({ id }) => id === object.id).flatMap((need) => byId.get(need.needs) ?? []);
    for (const other of before.sort(byKindAndName)) add(other);
    ordered.add(object);
  };
  for (const object of [...found].sort(byKindAndName)) add(object);
  return [...ordered];
}

const byKindAndName = (a: SchemaObject, b: SchemaObject): number => a.kind - b.kind || (a.name < b.name ? -1 : 1);

/** The rights of a role stand under a condition: the role need not exist where the file is loaded. */
function grantBlocks(rights: readonly { role: string | null; text: string }[]): string[] {
  const of = (role: string | null) => rights.filter((right) => right.role === role).map(({ text }) => text);
  const roles = [...new Set(rights.map(({ role }) => role))].filter((role) => role !== null);
  return [
    of(null).join("\n"),
    ...roles.map((role) => {
      const lines = of(role).map((line) => `    ${line}`);
      const known = `SELECT FROM pg_roles WHERE rolname = '${role.replaceAll("'", "''")}'`;
      return ["DO $$", "BEGIN", `  IF EXISTS (${known}) THEN`, ...lines, "  END IF;", "END $$;"].join("\n");
    }),
  ];
}
