import ts from "typescript";
import { isProgram, isTest, type Tree } from "./tree.ts";

export interface FunctionLength {
  readonly name: string;
  readonly place: string;
  readonly lines: number;
}

/** Functions with a body in braces, tests left out, longest first. Expressions after an arrow count with the function around them. */
export function functionLengths(tree: Tree): FunctionLength[] {
  return tree.files
    .filter((file) => isProgram(file) && !isTest(file))
    .flatMap((file) => functionsIn(file, tree.read(file)))
    .sort((a, b) => b.lines - a.lines);
}

export function functionsIn(file: string, text: string): FunctionLength[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: FunctionLength[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body && ts.isBlock(node.body as ts.Node)) {
      const first = lineOf(node.getStart());
      found.push({ name: nameOf(node), place: `${file}:${first}`, lines: lineOf(node.getEnd()) - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  return ts.isConstructorDeclaration(node) ? "constructor" : "(unnamed)";
}

/** The value below which `share` of the ascending values lie. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}
