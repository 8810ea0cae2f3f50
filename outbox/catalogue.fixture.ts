// What two databases are compared by, straight from the catalogs. It shares nothing with scripts/dev/schema-dump.ts, which it judges.
import type pg from "pg";

const acl = (column: string, kind: string, owner: string) =>
  `(SELECT array_agg(a.grantee::regrole::text || ':' || a.privilege_type || ':' || a.is_grantable ORDER BY a.grantee::regrole::text, a.privilege_type)
    FROM aclexplode(coalesce(${column}, acldefault('${kind}', ${owner}))) AS a)`;
const relations =
  "SELECT c.* FROM pg_class c WHERE c.relnamespace = 'notify'::regnamespace AND c.relname NOT LIKE 'schema_migration%'";

// In the text of a view, a literal in a later branch of a UNION gets a name when that text is parsed again. Nobody sees the name.
// Brackets around a chain of ANDs come and go when its text is parsed again: trigger conditions are printed without them, bodies compared without any.
// Postgres 18 names not-null constraints, and keeps the name when the table is renamed.
const queries: Readonly<Record<string, string>> = {
  schema: `SELECT nspname, ${acl("nspacl", "n", "nspowner")} FROM pg_namespace WHERE nspname = 'notify'`,
  relations: `SELECT relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity, relreplident, reloptions, reltoastrelid <> 0 AS toast, relnatts > 0,
      (SELECT amname FROM pg_am WHERE pg_am.oid = relam) AS method, ${acl("relacl", "r", "relowner")} AS acl FROM (${relations}) AS c WHERE relkind <> 'i' ORDER BY relname`,
  columns: `SELECT c.relname, a.attname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum) AS position, format_type(a.atttypid, a.atttypmod) AS type,
      a.attnotnull, a.attgenerated, a.attidentity, a.attcollation::regcollation::text AS collation, a.attstorage, a.attcompression, a.attoptions, a.attacl::text,
      pg_get_expr(d.adbin, d.adrelid) AS expression
    FROM (${relations}) AS c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
  constraints: `SELECT c.relname, CASE k.contype WHEN 'n' THEN NULL ELSE k.conname END AS name, k.contype, k.condeferrable, k.convalidated, pg_get_constraintdef(k.oid, true) AS definition
    FROM (${relations}) AS c JOIN pg_constraint k ON k.conrelid = c.oid ORDER BY c.relname, name, definition`,
  indexes: `SELECT c.relname, pg_get_indexdef(i.indexrelid) AS definition, c.reloptions, i.indisunique, i.indisprimary, i.indisvalid, i.indisreplident, i.indisclustered,
      i.indcollation::text AS collations FROM (${relations}) AS c JOIN pg_index i ON i.indexrelid = c.oid ORDER BY c.relname`,
  sequences: `SELECT c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle FROM (${relations}) AS c JOIN pg_sequence s ON s.seqrelid = c.oid ORDER BY 1`,
  views: `SELECT relname, regexp_replace(pg_get_viewdef(oid, true), ' AS (int8|text|"case")\\M', '', 'g') AS query FROM (${relations}) AS c WHERE relkind = 'v' ORDER BY relname`,
  triggers: `SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, t.tgfoid::regprocedure::text AS function, t.tgoldtable, t.tgnewtable, pg_get_triggerdef(t.oid, true) AS definition
    FROM (${relations}) AS c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal ORDER BY c.relname, t.tgname`,
  policies: `SELECT c.relname, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[]::text AS roles, pg_get_expr(p.polqual, p.polrelid) AS visible,
      pg_get_expr(p.polwithcheck, p.polrelid) AS writable FROM (${relations}) AS c JOIN pg_policy p ON p.polrelid = c.oid ORDER BY c.relname, p.polname`,
  functions: `SELECT p.oid::regprocedure::text AS signature, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result, p.prosrc,
      translate(pg_get_function_sqlbody(p.oid), '()', '') AS body, l.lanname, p.provolatile, p.proparallel, p.proisstrict, p.prosecdef, p.proleakproof, p.procost, p.prorows, p.proconfig,
      ${acl("p.proacl", "f", "p.proowner")} AS acl
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'notify'::regnamespace ORDER BY 1`,
  comments: `SELECT pg_describe_object(classoid, objoid, objsubid) AS object, description FROM pg_description
    WHERE objoid >= 16384 AND pg_describe_object(classoid, objoid, objsubid) ~ 'notify' ORDER BY 1`,
};

/** Everything that the catalogs say of schema `notify`, one text per object. */
export async function catalogue(client: pg.Client): Promise<string[]> {
  // Names in definitions are printed with their schema.
  await client.query("SET search_path = pg_catalog");
  const lines: string[] = [];
  for (const [kind, query] of Object.entries(queries))
    for (const row of (await client.query<Record<string, unknown>>(query)).rows)
      lines.push(`${kind} ${JSON.stringify(row)}`);
  return lines;
}
