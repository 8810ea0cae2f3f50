import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
 * starts. Nothing is registered where the machine is arm64 or can run them already. Affects the whole machine, so a test
 * that disables it again must not run beside another that needs it. Needs root.
 *
 * @throws EngineError when the emulator cannot be had or the kernel has no binfmt_misc.
 */
export async function enableArm64(log: Log): Promise<Emulation> {
  if (process.arch === "arm64" || isEnabled()) return nothing;
  const qemu = onPath(emulator) ?? join(await unpackedPackage("qemu-user-static", log), "usr/bin", emulator);
  const mounted = await mount();
  if (isEnabled()) return nothing;
  // F: the kernel opens the emulator now, so that it works in containers, which do not have it.
  register(`:qemu-aarch64:M::${magic}:${mask}:${qemu}:OCF`);
  return {
    disable: async () => {
      writeFileSync(entry, "-1");
      if (mounted) await output("umount", [folder]);
    },
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
