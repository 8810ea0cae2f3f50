import { type Statement, statementsOf } from "./sql-statements.ts";

// Releases run side by side: while the new one starts, and after a rollback, code that knows nothing of a migration works on its schema. So a
// migration may add (expand), and takes away (contract) only what the release before does not use any more. What takes away says so itself:
//
//   -- contract: the column is not read since 1.4
//   -- contract after 20261201000000000_new-column: its values are in the new one
//
// right before the statement. With `after`, that migration must have been applied by an earlier deploy.

export interface Destructive {
  readonly migration: string;
  readonly line: number;
  readonly statement: string;
  /** What it does to code that does not know it. */
  readonly breaks: string;
  /** The reason that the file gives; null where it gives none. */
  readonly contract: string | null;
  /** The migration that prepared it, when the file names one. */
  readonly after: string | null;
}

/** What in these migrations would break the release before, in order. Pure. Tables that the migrations make themselves are nobody's yet. */
export function destructiveIn(migrations: readonly { readonly name: string; readonly sql: string }[]): Destructive[] {
  const own = new Set<string>();
  return migrations.flatMap(({ name, sql }) => {
    const statements = statementsOf(upPart(sql));
    const again = new Set(statements.map(({ code }) => remade(code)).filter((one) => one !== undefined));
    return statements.flatMap((statement) => {
      const table = /^CREATE (?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED) )*TABLE (?:IF NOT EXISTS )?([^\s(]+)/i.exec(
        statement.code,
      )?.[1];
      if (table !== undefined) own.add(plain(table));
      return faultsOf(statement, own, again).map((breaks) => ({
        migration: name,
        line: statement.line,
        statement: statement.code.slice(0, 160),
        breaks,
        ...contractOf(statement),
      }));
    });
  });
}

/** One line for each statement that a deploy must not run now. Pure. */
export function refusals(found: readonly Destructive[], applied: readonly string[]): string[] {
  return found.flatMap(({ migration, line, statement, breaks, contract, after }) => {
    const where = `${migration}, line ${line}: ${statement}: ${breaks}`;
    if (contract === null) return [where];
    if (after !== null && !applied.includes(after)) return [`${where}; ${after} is not applied yet, deploy it first`];
    return [];
  });
}

/** node-pg-migrate's own rule for where the way back begins. */
const upPart = (sql: string): string => sql.split(/^\s*--[\s-]*down\s+migration/im)[0] ?? "";

const plain = (name: string): string => name.replace(/"/g, "").toLowerCase();

function contractOf({ comments }: Statement): Pick<Destructive, "contract" | "after"> {
  const found = comments.map((line) => /^contract(?: after (\S+?))?: *(\S.*)$/i.exec(line)).find(Boolean);
  return { contract: found?.[2] ?? null, after: found?.[1] ?? null };
}

/** Triggers and policies that are made again under their name are replaced. */
function remade(code: string): string | undefined {
  const found = /^CREATE (?:OR REPLACE )?(?:CONSTRAINT )?(TRIGGER|POLICY) (\S+)/i.exec(code);
  return found ? `${found[1]} ${plain(found[2] ?? "")}`.toLowerCase() : undefined;
}

type Rule = readonly [pattern: RegExp, breaks: string];

const rules: readonly Rule[] = [
  [
    /^DROP (TABLE|VIEW|MATERIALIZED VIEW|SCHEMA|TYPE|DOMAIN|SEQUENCE|EXTENSION|OWNED|FOREIGN TABLE)\b/i,
    "older code still uses it",
  ],
  [/^DROP (FUNCTION|PROCEDURE|ROUTINE|AGGREGATE|OPERATOR|CAST)\b/i, "older code still calls it"],
  [/^DROP (TRIGGER|RULE|POLICY)\b/i, "older code relies on it"],
  [/^TRUNCATE\b/i, "rows are lost"],
  [/^REVOKE\b/i, "older code may need the right"],
  [/^ALTER (?!TABLE\b).*\bRENAME\b/i, "older code knows it by its old name"],
  [/^ALTER .*\bSET SCHEMA\b/i, "older code looks for it in its old schema"],
];

/** Parts of ALTER TABLE. Dropping a constraint or an index widens what may be written. */
const clauseRules: readonly Rule[] = [
  [/^DROP (?!CONSTRAINT\b)/i, "older code still reads and writes it"],
  [/^RENAME\b/i, "older code knows it by its old name"],
  [
    /^ALTER (COLUMN )?\S+ (SET DATA )?TYPE\b/i,
    "older code expects the old type, and the table is locked while it is rewritten",
  ],
  [/^ALTER (COLUMN )?\S+ DROP DEFAULT\b/i, "older code leaves the column out"],
  [
    /^ADD (?:CONSTRAINT \S+ )?(CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY|EXCLUDE|NOT NULL)\b/i,
    "older code may write what it refuses",
  ],
];
const notNull: Rule[1] = "older code leaves the column out; give it a default";

function faultsOf(statement: Statement, own: ReadonlySet<string>, again: ReadonlySet<string>): string[] {
  const { code, body } = statement;
  if (body !== undefined) return statementsOf(insideOf(body)).flatMap((one) => faultsOf(one, own, again));
  const table = /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\S+)(?: \*)? (.*)$/i.exec(code);
  if (table !== null) {
    if (own.has(plain(table[1] ?? ""))) return [];
    const moved = /^SET SCHEMA\b/i.test(table[2] ?? "") ? ["older code looks for it in its old schema"] : [];
    return [...new Set([...moved, ...clausesOf(table[2] ?? "").flatMap(clauseFaults)])];
  }
  const dropped = /^DROP (TRIGGER|POLICY) (?:IF EXISTS )?(\S+)/i.exec(code);
  if (dropped && again.has(`${dropped[1]} ${plain(dropped[2] ?? "")}`.toLowerCase())) return [];
  return rules.flatMap(([pattern, breaks]) => (pattern.test(code) ? [breaks] : [])).slice(0, 1);
}

/** The statements between PL/pgSQL's own words. */
const insideOf = (body: string): string =>
  body
    .replace(/\b(BEGIN|THEN|ELSE|LOOP|DECLARE)\b/gi, ";")
    .replace(/\bEXECUTE\s+(?:format\s*\(\s*)?'((?:[^']|'')*)'/gi, ";$1;");

function clauseFaults(clause: string, _index: number, all: readonly string[]): string[] {
  const column = /^ALTER (?:COLUMN )?(\S+) SET NOT NULL\b/i.exec(clause)?.[1];
  if (column !== undefined)
    return all.some((other) => new RegExp(`^ALTER (COLUMN )?${escaped(column)} SET DEFAULT\\b`, "i").test(other))
      ? []
      : [notNull];
  if (/^ADD (COLUMN )?(?!CONSTRAINT\b|CHECK\b|UNIQUE\b|PRIMARY\b|FOREIGN\b|EXCLUDE\b).*\bNOT NULL\b/i.test(clause))
    return /\b(DEFAULT|GENERATED|SERIAL|BIGSERIAL)\b/i.test(clause) ? [] : [notNull];
  return clauseRules.flatMap(([pattern, breaks]) => (pattern.test(clause) ? [breaks] : [])).slice(0, 1);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Parted by the commas that stand in no brackets. */
function clausesOf(text: string): string[] {
  const clauses = [""];
  let depth = 0;
  for (const character of text) {
    depth += character === "(" ? 1 : character === ")" ? -1 : 0;
    if (character === "," && depth === 0) clauses.push("");
    else clauses[clauses.length - 1] += character;
  }
  return clauses.map((clause) => clause.trim());
}
