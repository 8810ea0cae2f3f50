import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { fillOnce } from "./cache.ts";
import { signalTo, startChild } from "./child.ts";
import { withLock } from "./lock.ts";

/**
 * Builds the CLI with Go into `folder` and returns the binary's path. Takes minutes, so concurrent runs share one build.
 *
 * @throws Error when Go is not installed, or with Go's last output.
 */
export async function buildTemporal(folder: string, version: string, log: (line: string) => void): Promise<string> {
  const binary = join(folder, "temporal");
  await promisify(execFile)("go", ["version"]).catch(() => {
    throw new Error("Go is not installed");
  });
  await withLock(
    `${folder}.lock`,
    () => log(`Temporal ${version}: waiting for another process that builds it`),
    async () => {
      if (!existsSync(binary)) await fillOnce(folder, (temporary) => goInstall(temporary, version, log));
    },
  );
  return binary;
}

async function goInstall(folder: string, version: string, log: (line: string) => void): Promise<void> {
  const begin = Date.now();
  const seconds = () => Math.round((Date.now() - begin) / 1000);
  log(`Temporal ${version}: building it with \`go install\`; this takes minutes, once`);
  const child = await startChild({
    name: "go",
    file: "go",
    args: ["install", `github.com/temporalio/cli/cmd/temporal@v${version}`],
    cwd: folder,
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: "0" },
  });
  const ticker = setInterval(() => log(`Temporal ${version}: building for ${seconds()} s`), 15_000);
  // A Ctrl-C does not reach the build and its compilers, which have their own process group.
  const end = () => void signalTo(-child.pid, "SIGKILL");
  process.once("exit", end);
  const { code, signal } = await child.exited;
  process.off("exit", end);
  clearInterval(ticker);
  if (code !== 0) throw new Error(child.tail().split("\n").slice(-3).join(" ") || `ended by ${signal ?? code}`);
  log(`Temporal ${version}: built in ${seconds()} s`);
}
