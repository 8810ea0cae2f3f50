import type { Client } from "pg";

// What pg_dump would print of schema `notify`, from the server's catalogs: the embedded Postgres comes without that program.
// Left out: owners, and the table in which the migrations keep their own record.
const mine = "notify";
const inSchema = `n.nspname = '${mine}' AND c.relname NOT LIKE 'schema_migration%'`;
const relation = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";
const aFunction = `FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = '${mine}'`;
const signature = "p.oid::regprocedure";

const columnLines = `
  SELECT string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
                WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END,
           CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END), E',\\n' ORDER BY a.attnum)
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const sorted = (query: string) => `SELECT text FROM (${query}) AS t ORDER BY text COLLATE "C"`;

/** Each gives one text per thing, in an order that no collation changes. */
const parts: readonly string[] = [
  `SELECT pg_get_functiondef(p.oid) || ';' AS text ${aFunction} ORDER BY ${signature}::text COLLATE "C"`,
  `SELECT format(E'CREATE TABLE %s (\\n%s\\n);', c.oid::regclass, (${columnLines}))
      || CASE WHEN c.relrowsecurity THEN format(E'\\nALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass) ELSE '' END AS text
    ${relation} WHERE ${inSchema} AND c.relkind = 'r' ORDER BY c.relname COLLATE "C"`,
  // Not-null constraints (contype n) are rows of their own from 18 on; the columns above say the same on every version.
  `SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s;', c.oid::regclass, k.conname, pg_get_constraintdef(k.oid, true)) AS text
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${inSchema} AND k.contype IN ('c', 'f', 'p', 'u', 'x') ORDER BY c.relname COLLATE "C", k.contype, k.conname COLLATE "C"`,
  `SELECT pg_get_indexdef(i.indexrelid) || ';' AS text
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${inSchema} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY c.relname COLLATE "C"`,
  `SELECT format(E'CREATE VIEW %s%s AS\\n%s', c.oid::regclass, coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', ''),
      pg_get_viewdef(c.oid, true)) AS text ${relation} WHERE ${inSchema} AND c.relkind = 'v' ORDER BY c.relname COLLATE "C"`,
  `SELECT pg_get_triggerdef(t.oid, true) || ';' AS text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${inSchema} AND NOT t.tgisinternal ORDER BY c.relname COLLATE "C", t.tgname COLLATE "C"`,
  `SELECT format('CREATE POLICY %I ON %s FOR %s WITH CHECK (%s)%s;', l.polname, c.oid::regclass,
      CASE l.polcmd WHEN 'a' THEN 'INSERT' WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      pg_get_expr(l.polwithcheck, l.polrelid), ' USING (' || pg_get_expr(l.polqual, l.polrelid) || ')') AS text
    FROM pg_policy l JOIN pg_class c ON c.oid = l.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${inSchema} ORDER BY c.relname COLLATE "C", l.polname COLLATE "C"`,
  // PUBLIC is grantee 0. What single roles may do depends on which of them the server has.
  sorted(`SELECT format('GRANT %s ON %s TO PUBLIC;', a.privilege_type, c.oid::regclass) AS text
    ${relation}, aclexplode(c.relacl) a WHERE ${inSchema} AND a.grantee = 0`),
  `SELECT format('%s ON FUNCTION %s %s PUBLIC;', CASE WHEN open THEN 'GRANT EXECUTE' ELSE 'REVOKE ALL' END, ${signature}, CASE WHEN open THEN 'TO' ELSE 'FROM' END) AS text
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
      LATERAL (SELECT p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0) AS open) AS o
    WHERE n.nspname = '${mine}' ORDER BY ${signature}::text COLLATE "C"`,
  sorted(`SELECT format('COMMENT ON %s %s IS %L;', CASE WHEN d.objsubid = 0 THEN 'TABLE' ELSE 'COLUMN' END,
      c.oid::regclass || coalesce('.' || quote_ident(t.attname), ''), d.description) AS text
    FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = d.objsubid AND d.objsubid > 0
    WHERE ${inSchema}`),
  sorted(`SELECT format('COMMENT ON FUNCTION %s IS %L;', ${signature}, obj_description(p.oid, 'pg_proc')) AS text
    ${aFunction} AND obj_description(p.oid, 'pg_proc') IS NOT NULL`),
];

/** The schema as SQL text, the same for the same schema on every server of one major version. */
export async function dumpSchema(client: Client): Promise<string> {
  // Names are printed with their schema unless the search path reaches them.
  await client.query("SET search_path = pg_catalog");
  const texts: string[] = [];
  for (const part of parts) {
    const { rows } = await client.query<{ text: string }>(part);
    texts.push(rows.map(({ text }) => text).join("\n"));
  }
  return `${texts.filter(Boolean).join("\n\n")}\n`;
}
