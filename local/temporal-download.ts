import { chmodSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

import { fileURLToPath } from "node:url";
import { sleep } from "../core/time.ts";
import { fillOnce } from "./cache.ts";
import { type Child, startChild } from "./child.ts";

// Without a network the download fails within a second. In a network that drops packets it is aborted when nothing arrives for this long.
const stallMs = 20_000;

/**
 * Downloads the official CLI into `folder` with the SDK's downloader, and returns the binary's path.
 *
 * @throws Error with the reason, at most `stallMs` after the last byte.
 */
export async function downloadTemporal(
  folder: string,
  version: string,
  log: (line: string) => void,
  stallLimitMs = stallMs,
): Promise<string> {
  log(`Temporal ${version}: downloading the official binary`);
  await fillOnce(folder, async (temporary) => {
    // A child process, because the SDK has no time limit and no way to cancel the download.
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
    if (exit) throw new Error(child.tail().split("\n").at(-1) || "the downloader ended without a message");
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

/** The SDK's file name contains versions. It is the only file in the folder. */
function keepBinary(folder: string): void {
  const [name, ...others] = readdirSync(folder);
  if (!name || others.length > 0) throw new Error("the downloader did not leave exactly one file");
  renameSync(join(folder, name), join(folder, "temporal"));
  chmodSync(join(folder, "temporal"), 0o755);
}
