import { type Statement, statementsOf } from "./sql-statements.ts";

// Two releases run side by side while the new one starts, and after a rollback the old one works on the new schema. So a migration may add
// (expand), and may remove (contract) only what the previous release no longer uses. A statement that removes something says so in a comment:
//
//   -- contract: the column is not read since 1.4
//   -- contract after 20261201000000000_new-column: its values are in the new one
//
// right before it. With `after`, an earlier deploy must have applied that migration.

export interface Destructive {
  readonly migration: string;
  readonly line: number;
  readonly statement: string;
  /** How it breaks the previous release. */
  readonly breaks: string;
  /** The reason that the comment gives; null without one. */
  readonly contract: string | null;
  /** The migration that prepared it, if the comment names one. */
  readonly after: string | null;
}

/** The statements of these migrations that would break the previous release, in order. Pure. Tables that the migrations create are in no release yet. */
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
      return problemsOf(statement, own, again).map((breaks) => ({
        migration: name,
        line: statement.line,
        statement: statement.code.slice(0, 160),
        breaks,
        ...contractOf(statement),
      }));
    });
  });
}

/** One line for each statement that a deploy must not run yet. Pure. */
export function refusals(found: readonly Destructive[], applied: readonly string[]): string[] {
  return found.flatMap(({ migration, line, statement, breaks, contract, after }) => {
    const where = `${migration}, line ${line}: ${statement}: ${breaks}`;
    if (contract === null) return [where];
    if (after !== null && !applied.includes(after)) return [`${where}; ${after} is not applied yet, deploy it first`];
    return [];
  });
}

/** node-pg-migrate's own rule for where the down part begins. */
const upPart = (sql: string): string => sql.split(/^\s*--[\s-]*down\s+migration/im)[0] ?? "";

const plain = (name: string): string => name.replace(/"/g, "").toLowerCase();

function contractOf({ comments }: Statement): Pick<Destructive, "contract" | "after"> {
  const found = comments.map((line) => /^contract(?: after (\S+?))?: *(\S.*)$/i.exec(line)).find(Boolean);
  return { contract: found?.[2] ?? null, after: found?.[1] ?? null };
}

/** A trigger or policy that is created again under its name is replaced. */
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

/** Parts of ALTER TABLE. Without a constraint or an index more values are valid, so dropping one breaks nothing. */
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

function problemsOf(statement: Statement, own: ReadonlySet<string>, again: ReadonlySet<string>): string[] {
  const { code, body } = statement;
  if (body !== undefined) return statementsOf(insideOf(body)).flatMap((one) => problemsOf(one, own, again));
  const table = /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\S+)(?: \*)? (.*)$/i.exec(code);
  if (table !== null) {
    if (own.has(plain(table[1] ?? ""))) return [];
    const moved = /^SET SCHEMA\b/i.test(table[2] ?? "") ? ["older code looks for it in its old schema"] : [];
    return [...new Set([...moved, ...clausesOf(table[2] ?? "").flatMap(clauseProblems)])];
  }
  const dropped = /^DROP (TRIGGER|POLICY) (?:IF EXISTS )?(\S+)/i.exec(code);
  if (dropped && again.has(`${dropped[1]} ${plain(dropped[2] ?? "")}`.toLowerCase())) return [];
  return rules.flatMap(([pattern, breaks]) => (pattern.test(code) ? [breaks] : [])).slice(0, 1);
}

/** The statements between the keywords of PL/pgSQL. */
const insideOf = (body: string): string =>
  body
    .replace(/\b(BEGIN|THEN|ELSE|LOOP|DECLARE)\b/gi, ";")
    .replace(/\bEXECUTE\s+(?:format\s*\(\s*)?'((?:[^']|'')*)'/gi, ";$1;");

function clauseProblems(clause: string, _index: number, all: readonly string[]): string[] {
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

/** Split at the commas outside brackets. */
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
