import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compileSources, findSources, localStub, type Sources } from "./javascript.ts";
import { compileWorkflows } from "./workflows.ts";

/** Folders that the code reads at run time. */
const assets = ["migrations", "outbox/sql"] as const;

/**
 * Compiles the worker and the command line into `out`, which is emptied first: JavaScript in the sources' folder structure, SQL, the workflow bundle
 * and a package.json with the version. With the packages of `Sources.packages` installed, the result needs neither tsx nor the sources.
 */
export async function compile(root: string, out: string): Promise<Sources> {
  const sources = await findSources(root);
  const files = new Map(await compileSources(root, sources));
  for (const file of sources.local) {
    const stub = localStub(file);
    files.set(stub.path, stub.text);
  }
  files.set("worker/temporal/workflow-bundle.js", await compileWorkflows(root));
  files.set("package.json", packageJson(root));
  for (const folder of assets)
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".sql")) files.set(`${folder}/${name}`, readFileSync(join(root, folder, name), "utf8"));

  rmSync(out, { recursive: true, force: true });
  for (const [path, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), text);
  }
  return sources;
}

/** Only name, version and `type`, which makes Node load the files as ES modules. It lists no dependencies to install. */
function packageJson(root: string): string {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>;
  return `${JSON.stringify({ name, version, private: true, type: "module" }, null, 2)}\n`;
}
