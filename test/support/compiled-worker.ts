import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** All that goes into the worker, and what compiles it. */
const sources = ["core", "migrations", "novu", "outbox", "worker", "scripts", "package.json", "pnpm-lock.yaml"];
const cache = join(root, "node_modules/.cache/xnovu");
const prefix = "test-worker-";

/**
 * The worker as plain JavaScript, as the image has it: it starts in a fraction of the time that the sources take. Compiled once for each state of
 * the sources, below node_modules, where its files find their packages. Returns the path of its program.
 */
export async function compiledWorker(): Promise<string> {
  const folder = join(cache, `${prefix}${sourcesHash()}`);
  const program = join(folder, "worker/main.js");
  if (existsSync(program)) return program;
  const unfinished = `${folder}.${process.pid}`;
  await promisify(execFile)(process.execPath, ["--import", "tsx", "scripts/compile/main.ts", "--out", unfinished], {
    cwd: root,
  });
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another test file was quicker.
    if (!existsSync(program)) throw error;
  }
  forgetOld();
  return program;
}

function sourcesHash(): string {
  const hash = createHash("sha256").update(process.versions.node);
  for (const path of sources.flatMap((name) => filesBelow(join(root, name)))) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return /\.test\.ts$/.test(path) ? [] : [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** Keeps those of the last day: a running test may use one that is not the newest. */
function forgetOld(): void {
  for (const name of readdirSync(cache).filter((found) => found.startsWith(prefix))) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > 86_400_000) rmSync(path, { recursive: true, force: true });
  }
}
