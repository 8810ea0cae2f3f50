import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "xnovu/local/lock.ts";
import { type Log, output } from "./command.ts";
import { unpackedPackage } from "./debian.ts";
import { EngineError } from "./errors.ts";
import { onPath } from "./tool-find.ts";

const folder = "/proc/sys/fs/binfmt_misc";
const entry = join(folder, "qemu-aarch64");
const emulator = "qemu-aarch64-static";

// Start of an ELF program for aarch64, and which of its bits count: as Debian's qemu-user-static registers it.
const magic = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const mask = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

export interface Emulation {
  /** Takes back what was registered here; leaves what was there before. */
  disable(): Promise<void>;
}

const nothing: Emulation = { disable: async () => undefined };

/**
 * Lets this machine run arm64 programs, containers included, by emulation: slow, and meant for a test that an arm64 image
 * starts. Nothing is registered where the machine is arm64 or can run them already. Affects the whole machine: until it is
 * disabled, others who call this wait. Needs root.
 *
 * @throws EngineError when the emulator cannot be had or the kernel has no binfmt_misc.
 */
export async function enableArm64(log: Log): Promise<Emulation> {
  if (process.arch === "arm64") return nothing;
  return new Promise((resolve, reject) => {
    const waiting = () => log("arm64: waiting for another process that emulates it to end");
    const held = withLock(join(tmpdir(), "xnovu-arm64.lock"), waiting, async () => {
      const disable = await enable(log);
      await new Promise<void>((release) =>
        resolve({
          disable: () =>
            disable()
              .finally(release)
              .then(() => held),
        }),
      );
    });
    held.catch(reject);
  });
}

/** Returns what takes back what was registered. */
async function enable(log: Log): Promise<() => Promise<void>> {
  if (isEnabled()) return async () => undefined;
  const qemu = onPath(emulator) ?? join(await unpackedPackage("qemu-user-static", log), "usr/bin", emulator);
  const mounted = await mount();
  // F: the kernel opens the emulator now, so that it works in containers, which do not have it.
  if (!isEnabled()) register(`:qemu-aarch64:M::${magic}:${mask}:${qemu}:OCF`);
  return async () => {
    if (isEnabled()) writeFileSync(entry, "-1");
    if (mounted) await output("umount", [folder]);
  };
}

function register(rule: string): void {
  try {
    writeFileSync(join(folder, "register"), rule);
  } catch (cause) {
    // Another process was faster.
    if (!isEnabled()) throw new EngineError("The kernel refuses the emulator of arm64 programs", { cause });
  }
}

const isEnabled = (): boolean => existsSync(entry) && readFileSync(entry, "utf8").startsWith("enabled");

async function mount(): Promise<boolean> {
  if (existsSync(join(folder, "register"))) return false;
  await output("mount", ["-t", "binfmt_misc", "none", folder]).catch((cause: unknown) => {
    throw new EngineError("The kernel offers no binfmt_misc, so arm64 programs cannot be emulated", { cause });
  });
  return true;
}
