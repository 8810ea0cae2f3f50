import { chmodSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fillOnce } from "./cache.ts";
import { type Child, startChild } from "./child.ts";

// No network fails within a second. A network that swallows everything is given up when nothing arrives for this long.
const stallMs = 20_000;

/**
 * Fills `folder` with the official CLI through the SDK's own downloader, and returns the binary's path.
 *
 * @throws Error that says why, within `stallMs` of the last byte.
 */
export async function downloadTemporal(
  folder: string,
  version: string,
  log: (line: string) => void,
  stallLimitMs = stallMs,
): Promise<string> {
  log(`Temporal ${version}: downloading the official binary`);
  await fillOnce(folder, async (temporary) => {
    // A process of its own: the SDK offers no time limit, and the download cannot be called off from inside.
    const child = await startChild({
      name: "temporal-download",
      file: process.execPath,
      args: ["--import", import.meta.resolve("tsx"), script, temporary, `v${version}`],
    });
    try {
      await watch(child, temporary, stallLimitMs);
    } finally {
      await child.stop({ signal: "SIGKILL" });
    }
    keepBinary(temporary);
  });
  return join(folder, "temporal");
}

const script = fileURLToPath(new URL("./temporal-download-main.ts", import.meta.url));

async function watch(child: Child, folder: string, stallLimitMs: number): Promise<void> {
  let seen = -1;
  let changed = Date.now();
  for (;;) {
    const exit = await Promise.race([child.exited, sleep(250)]);
    if (exit?.code === 0) return;
    if (exit) throw new Error(child.tail().split("\n").at(-1) || "the downloader ended without a word");
    const size = sizeOf(folder);
    if (size !== seen) changed = Date.now();
    seen = size;
    if (Date.now() - changed > stallLimitMs) throw new Error(`nothing arrived for ${stallLimitMs / 1000} s`);
  }
}

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

/** The SDK names the file after the version and itself: it is the only one there. */
function keepBinary(folder: string): void {
  const [name, ...others] = readdirSync(folder);
  if (!name || others.length > 0) throw new Error("the downloader left no single file");
  renameSync(join(folder, name), join(folder, "temporal"));
  chmodSync(join(folder, "temporal"), 0o755);
}
