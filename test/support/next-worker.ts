import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";
import ts from "typescript";
import { compiledWorker } from "./compiled-worker.ts";
import { root } from "./worker.ts";

export interface NextWorker {
  /** Path of its program. */
  readonly program: string;
  remove(): void;
}

/** Where a step is put before all others of a workflow. */
const firstLines = ["  const { hold } = proxyActivities", "  return await deliver(input);"];
/** How a change is made that workflows under way go on with. */
const guardedStep = '  if (patched("a-step-before")) await sleep("1 millisecond");\n';

/** The compiled worker as a next version would be: another number, and workflows with a new first step. It lies where its packages are found. */
export async function nextWorker(version: string, step = guardedStep): Promise<NextWorker> {
  const program = await compiledWorker();
  const built = dirname(dirname(program));
  const folder = join(dirname(built), `next-worker-${process.pid}`);
  cpSync(built, folder, { recursive: true });
  const manifest: object = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
  writeFileSync(join(folder, "worker/temporal/workflow-bundle.js"), await changedBundle(join(folder, "sources"), step));
  return { program: join(folder, "worker/main.js"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function changedBundle(folder: string, step: string): Promise<string> {
  const workflows = join(root, "worker/temporal/workflows/index.ts");
  let text = readFileSync(workflows, "utf8")
    .replace("import { continueAsNew", "import { patched, continueAsNew")
    .replace('"../contract.ts"', JSON.stringify(join(root, "worker/temporal/contract.ts")));
  for (const line of firstLines) {
    if (!text.includes(line)) throw new Error(`the workflows have changed: there is no line ${line}`);
    text = text.replace(line, step + line);
  }
  mkdirSync(folder);
  const workflowsPath = join(folder, "index.js");
  // The bundler takes types out of no file below node_modules.
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  writeFileSync(workflowsPath, ts.transpileModule(text, { compilerOptions: { target, module } }).outputText);
  const logger = new DefaultLogger("ERROR", () => undefined);
  return (await bundleWorkflowCode({ workflowsPath, logger })).code;
}
