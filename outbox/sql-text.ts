/** A statement as Postgres takes it. */
export interface SqlText {
  /** Without comments; parameters are `$1`, `$2` … */
  readonly text: string;
  /** Names of the parameters, `$1` first. */
  readonly parameters: readonly string[];
}

const include = /^[ \t]*-- @include (\S+)(?: \((.*)\))?[ \t]*$/gm;

/**
 * Replaces each line `-- @include name (argument: SQL; …)` with that part, in which `{{argument}}` stands for the SQL. Parts may include parts. Pure.
 * @throws Error for a part that `read` does not know, an include within itself, an argument that is missing or unknown, or a misspelled line.
 */
export function resolveIncludes(
  sql: string,
  read: (name: string) => string | undefined,
  including: readonly string[] = [],
): string {
  const text = sql.replace(include, (_line, name: string, given: string | undefined) => {
    const part = read(name);
    if (part === undefined) throw new Error(`-- @include ${name}: there is no such part`);
    if (including.includes(name)) throw new Error(`-- @include ${name}: the part includes itself`);
    return resolveIncludes(fill(name, part, argumentsOf(name, given ?? "")), read, [...including, name]);
  });
  const misspelled = /^.*@include.*$/m.exec(text)?.[0].trim();
  if (misspelled !== undefined)
    throw new Error(`cannot read "${misspelled}": write -- @include name (argument: SQL) on a line of its own`);
  return text;
}

function argumentsOf(name: string, given: string): Map<string, string> {
  const pairs = given.split(";").filter((pair) => pair.trim() !== "");
  return new Map(
    pairs.map((pair) => {
      const [, key, value] = /^\s*(\w+):\s*(.*\S)\s*$/.exec(pair) ?? [];
      if (key === undefined || value === undefined)
        throw new Error(`-- @include ${name}: cannot read the argument "${pair.trim()}"`);
      return [key, value];
    }),
  );
}

function fill(name: string, part: string, values: ReadonlyMap<string, string>): string {
  const used = new Set<string>();
  const text = part.replace(/\{\{(\w+)\}\}/g, (_placeholder, key: string) => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`-- @include ${name}: the argument "${key}" is missing`);
    used.add(key);
    return value;
  });
  const unknown = [...values.keys()].find((key) => !used.has(key));
  if (unknown !== undefined) throw new Error(`-- @include ${name}: the part has no argument "${unknown}"`);
  return text;
}

/** Comments, literals, quoted names, casts, numbered parameters, named parameters; anything else is one character. */
const token =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\2\$|::|(\$\d+)|:([A-Za-z_]\w*)|[\s\S]/g;

/**
 * Numbers the named parameters (`:lease_ms`) in the order in which they first occur, and drops comments. Casts (`::uuid`), literals and quoted
 * names are not parameters. Pure.
 * @throws Error for a numbered parameter.
 */
export function numberParameters(sql: string): SqlText {
  const parameters: string[] = [];
  const text = sql.replace(token, (found, comment, _tag, numbered, name) => {
    if (comment !== undefined) return "";
    if (numbered !== undefined) throw new Error(`${numbered}: give the parameter a name, such as :token`);
    if (name === undefined) return found;
    if (!parameters.includes(name)) parameters.push(name);
    return `$${parameters.indexOf(name) + 1}`;
  });
  const lines = text.split("\n").map((line) => line.trimEnd());
  return { text: lines.filter((line) => line !== "").join("\n"), parameters };
}
