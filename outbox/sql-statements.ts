export interface Statement {
  /** Without comments, with empty literals and function bodies, and single spaces. */
  readonly code: string;
  /** The comments before its first word, one line each. */
  readonly comments: readonly string[];
  /** Body of a DO block, which runs at once. */
  readonly body: string | undefined;
  /** Line of its first word, from 1. */
  readonly line: number;
}

const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$([\s\S]*?)\$\1\$|;|[^-/'"$;]+|[\s\S]/g;

/** Splits a script into its statements. */
export function statementsOf(sql: string): Statement[] {
  const found: Statement[] = [];
  let [code, body, line, begin] = ["", "", 1, 0];
  let comments: string[] = [];
  const end = () => {
    const text = code.replace(/\s+/g, " ").trim();
    if (text !== "") found.push({ code: text, comments, body: /^DO\b/i.test(text) ? body : undefined, line: begin });
    if (text !== "") comments = [];
    [code, body, begin] = ["", "", 0];
  };
  for (const match of sql.matchAll(token)) {
    const [text, , dollar] = match;
    const comment = /^(--|\/\*)/.test(text);
    if (comment && code.trim() === "") comments.push(...linesOf(text));
    if (!comment && text !== ";" && text.trim() !== "" && code.trim() === "")
      begin = line + (/^\s*/.exec(text)?.[0].split("\n").length ?? 1) - 1;
    if (text === ";") end();
    else if (dollar !== undefined) {
      body += dollar;
      code += " $$ ";
    } else code += comment ? " " : text.startsWith("'") ? "''" : text;
    line += text.split("\n").length - 1;
  }
  end();
  return found;
}

const linesOf = (comment: string): string[] =>
  comment
    .replace(/^\/\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*(--|\*)?\s*/, "").trimEnd());
