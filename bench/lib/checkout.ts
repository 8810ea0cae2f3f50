import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A checkout of the project whose worker is measured, compiled as the image has it. */
export interface Checkout {
  readonly dist: string;
  migrate(databaseUrl: string): void;
}

/** Compiles a checkout, this one or another state of it, below its own node_modules, where the files find their packages. */
export function compileCheckout(path = root): Checkout {
  // Checkouts may share one node_modules by a link.
  const name = createHash("sha256").update(path).digest("hex").slice(0, 8);
  const dist = join(path, "node_modules/.cache/xnovu", `bench-dist-${name}`);
  run(path, ["--import", "tsx", "scripts/compile/main.ts", "--out", dist]);
  if (!existsSync(join(dist, "worker/main.js"))) throw new Error(`${path} has no worker`);
  return {
    dist,
    migrate: (databaseUrl) => run(path, [join(dist, "scripts/cli.js"), "migrate", "up"], { DATABASE_URL: databaseUrl }),
  };
}

function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}
