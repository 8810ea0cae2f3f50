import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** One call of `faultTest`. */
export interface FaultTest {
  readonly fault: number;
  /** As in the source; what a template fills in is shown as `…`. */
  readonly title: string;
  readonly file: string;
}

/** Every test of a numbered fault in the given files. */
export function faultTests(root: string, files: readonly string[]): FaultTest[] {
  return files
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return text.includes("faultTest(") ? faultTestsIn(file, text) : [];
    });
}

/** @throws when a number or a title is not written where the test is declared, so that nobody can find it by searching. */
export function faultTestsIn(file: string, text: string): FaultTest[] {
  const found: FaultTest[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === "faultTest") {
      const [number, title] = node.arguments;
      if (!number || !ts.isNumericLiteral(number) || !title)
        throw new Error(`${file}: faultTest needs its number as a literal: ${node.getText().slice(0, 80)}`);
      found.push({ fault: Number(number.text), title: titleOf(title, file), file });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

function titleOf(title: ts.Expression, file: string): string {
  if (ts.isStringLiteralLike(title)) return title.text;
  if (ts.isTemplateExpression(title))
    return [title.head.text, ...title.templateSpans.map(({ literal }) => `…${literal.text}`)].join("");
  throw new Error(`${file}: faultTest needs its title as text: ${title.getText().slice(0, 80)}`);
}
