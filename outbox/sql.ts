import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { QueryConfig } from "pg";
import { numberParameters, resolveIncludes, type SqlText } from "./sql-text.ts";

// Not `new URL(name, import.meta.url)`: Turbopack resolves a name that it cannot see at build time to the first file that it finds.
const folder = join(dirname(fileURLToPath(import.meta.url)), "sql");

const part = (name: string): string | undefined => {
  const path = join(folder, "parts", `${name}.sql`);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
};

/**
 * One file of `outbox/sql/`, its includes resolved and its parameters numbered. Each state change has a file of its own; its first line says
 * which one.
 */
export function sqlText(name: string): SqlText {
  try {
    const { text, parameters } = numberParameters(
      resolveIncludes(readFileSync(join(folder, `${name}.sql`), "utf8"), part),
    );
    // Comments are dropped; the name tells statements apart in pg_stat_activity and in the server's log.
    return { text: `-- ${name}\n${text}`, parameters };
  } catch (error) {
    throw new Error(`outbox/sql/${name}.sql: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The text of a statement without parameters. */
export const sql = (name: string): string => statement(name, []).text;

/** Values by parameter name; NULL is `null`. */
export type Values<Name extends string> = Readonly<Record<Name, unknown>>;

export interface Statement<Name extends string> {
  readonly text: string;
  /** What `pg` takes: the text and the values in the order of the parameters. @throws Error for a missing or unknown parameter. */
  query(values: Values<Name>): QueryConfig;
  /** The same as a prepared statement: each connection parses it once and may keep its plan. */
  prepared(values: Values<Name>): QueryConfig;
}

/**
 * Loads a statement. The parameters are named in snake_case in SQL (`:lease_ms`) and in camelCase here (`leaseMs`).
 * @throws Error when the file has other parameters than these.
 */
export function statement<const Name extends string>(name: string, parameters: readonly Name[]): Statement<Name> {
  const { text, parameters: inFile } = sqlText(name);
  const order = inFile.map(camelCase);
  const difference = [
    ...order.filter((one) => !parameters.some((other) => other === one)).map((one) => `${one} is not passed`),
    ...parameters.filter((one) => !order.includes(one)).map((one) => `${one} is not in the file`),
  ];
  if (difference.length > 0) throw new Error(`outbox/sql/${name}.sql: ${difference.join(", ")}`);
  const ordered = (values: Values<Name>) => orderValues(name, order, values);
  return {
    text,
    query: (values) => ({ text, values: ordered(values) }),
    prepared: (values) => ({ name, text, values: ordered(values) }),
  };
}

function orderValues(statementName: string, order: readonly string[], values: Readonly<Record<string, unknown>>) {
  const list = order.map((name) => {
    const value = values[name];
    // `pg` would send NULL.
    if (value === undefined)
      throw new Error(`${statementName}: the parameter ${name} has no value; pass null for NULL`);
    return value;
  });
  for (const name of Object.keys(values))
    if (!order.includes(name)) throw new Error(`${statementName}: there is no parameter ${name}`);
  return list;
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_underscore, letter: string) => letter.toUpperCase());
