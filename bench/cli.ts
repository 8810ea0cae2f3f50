import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withBuildx } from "@xnovu/test-engine/docker-tools";
import { compile } from "../scripts/compile/output.ts";

// `docker:push --dry-run` against the bare `docker buildx bake --print` it ends in: what the toolkit itself costs. The two, and the compiled
// command line, take turns, so that a machine that slows down slows all of them; the result is the median of same-round differences.

const rounds = Number(process.argv[2] ?? 15);
const root = fileURLToPath(new URL("..", import.meta.url));
const env: NodeJS.ProcessEnv = { ...(await withBuildx(process.env, console.warn)), NODE_ENV: "production" };

const timed = (file: string, args: readonly string[]): number => {
  const start = performance.now();
  const { status, stderr } = spawnSync(file, args, { cwd: root, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - start;
};
const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

// Below the project, where the compiled files find the packages they import.
const dist = join(root, "node_modules/.cache/xnovu/bench-dist");
await compile(root, dist);
const shapes = {
  bare: () => timed("docker", ["buildx", "bake", "-f", "docker-bake.hcl", "release", "--print"]),
  tsx: () => timed(process.execPath, [join(root, "scripts/xnovu.mjs"), "docker:push", "--dry-run"]),
  compiled: () => timed(process.execPath, [join(dist, "scripts/cli.js"), "docker:push", "--dry-run"]),
  // What any command line on Node pays before its first line runs.
  node: () => timed(process.execPath, ["-e", "0"]),
};
for (const shape of Object.values(shapes)) shape();
const runs = Array.from({ length: rounds }, () =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, shape()])),
);
const over = (name: string) => Math.round(median(runs.map((run) => (run[name] ?? 0) - (run.bare ?? 0))));
const result = {
  rounds,
  medianMs: Object.fromEntries(
    Object.keys(shapes).map((name) => [name, Math.round(median(runs.map((run) => run[name] ?? 0)))]),
  ),
  overheadMs: { tsx: over("tsx"), compiled: over("compiled") },
  goalMs: { tsx: 450, compiled: 120 },
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  runs,
};
writeFileSync(join(root, "bench/cli.json"), `${JSON.stringify(result, null, 2)}\n`);
console.log(
  `cli: docker:push --dry-run costs ${result.overheadMs.tsx} ms more than bake --print by tsx, ${result.overheadMs.compiled} ms compiled (node alone starts in ${result.medianMs.node} ms)`,
);
