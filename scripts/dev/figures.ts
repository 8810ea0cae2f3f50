// `make figures`: measures the repository. `--base <revision>` puts an earlier state beside it; `--json` prints both as JSON.
import { parseArgs } from "node:util";
import { temporaryFolder } from "../../test/support/folder.ts";
import { type Measured, measure } from "./figures/measure.ts";
import { treeOf, workingTree } from "./figures/tree.ts";

const { values } = parseArgs({ options: { base: { type: "string" }, json: { type: "boolean", default: false } } });

function measureRevision(revision: string): Measured {
  const folder = temporaryFolder("xnovu-figures-");
  try {
    return measure(treeOf(revision, folder.path));
  } finally {
    folder.remove();
  }
}

const now = measure(workingTree());
const base = values.base === undefined ? undefined : measureRevision(values.base);

if (values.json) console.log(JSON.stringify({ base: base ?? null, now }, null, 2));
else {
  const names = [...new Set([...Object.keys(base?.figures ?? {}), ...Object.keys(now.figures)])];
  const width = Math.max(...names.map(({ length }) => length));
  const row = (name: string, ...cells: readonly (number | string)[]) =>
    console.log(`${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join("")}`);
  row("", ...(base ? [values.base?.slice(0, 9) ?? "", "now"] : ["now"]));
  for (const name of names.sort((a, b) => rank(a) - rank(b)))
    row(name, ...(base ? [base.figures[name] ?? 0] : []), now.figures[name] ?? 0);
  for (const [title, lines] of Object.entries(now.details))
    console.log(`\n${title}\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

/** Words first, then lines, then the rest as measured: rows of both states stand together. */
function rank(name: string): number {
  return name.startsWith("words of the list") ? 0 : name.startsWith("  ") ? 1 : name.startsWith("lines, ") ? 2 : 3;
}
