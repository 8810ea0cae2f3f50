import { existsSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fillOnce } from "xnovu/local/cache.ts";
import { withLock } from "xnovu/local/lock.ts";
import { type Log, output, runLong } from "./command.ts";
import { EngineError } from "./errors.ts";
import type { ToolSpec } from "./tool-specs.ts";

/**
 * Builds the programs of `spec` into `folder`, once for all who ask at the same time. Takes one to three minutes.
 *
 * @throws EngineError when there is no Go, or with Go's own last words.
 */
export async function goBuild(spec: ToolSpec, folder: string, log: Log): Promise<void> {
  const title = `${spec.name} ${spec.version}`;
  await output("go", ["version"]).catch(() => {
    throw new EngineError(`${title} is not installed and cannot be built, as Go is not installed`, {
      hint: `Install ${spec.name} ${spec.minimum} or later, or Go (https://go.dev/dl).`,
    });
  });
  const waiting = () => log(`${title}: waiting for another build of it`);
  await withLock(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return;
    log(`${title}: building it with Go; this takes some minutes, once`);
    await fillOnce(folder, (temporary) => build(spec, temporary, log));
    log(`${title}: built`);
  });
}

/** A module of its own, because `go install` refuses programs whose go.mod has exclude or replace lines. */
async function build(spec: ToolSpec, folder: string, log: Log): Promise<void> {
  const cwd = join(folder, "module");
  await mkdir(cwd);
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" };
  const go = (args: readonly string[]) =>
    runLong({ name: "go", file: "go", args, cwd, env, what: `${spec.name} ${spec.version}, go ${args[0]}`, log });
  const packages = Object.entries(spec.packages);
  await go(["mod", "init", "xnovu.invalid/tool"]);
  await go(["get", "-tool", ...packages.map(([, path]) => `${path}@v${spec.version}`)]);
  const ldflags = `-s -w -X ${spec.versionVariable}=v${spec.version}`;
  for (const [binary, path] of packages)
    await go(["build", "-trimpath", "-ldflags", ldflags, "-o", join(folder, binary), path]);
  rmSync(cwd, { recursive: true });
}
