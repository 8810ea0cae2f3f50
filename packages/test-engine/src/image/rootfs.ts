import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, output, runLong } from "../command.ts";
import { unpackedPackage } from "../debian.ts";
import { onPath } from "../tool-find.ts";
import type { Architecture } from "./oci.ts";

/** What only the packages of an architecture hold: its libraries, its loader. The loader's cache is made from them. */
const ofArchitecture: Readonly<Record<Architecture, readonly string[]>> = {
  amd64: [
    ...["lib64", "usr/lib64", "lib32", "usr/lib32", "libx32", "usr/libx32"],
    ...[
      "usr/lib/x86_64-linux-gnu",
      "usr/libexec/x86_64-linux-gnu",
      "etc/ld.so.conf.d/x86_64-linux-gnu.conf",
      "etc/ld.so.cache",
    ],
  ],
  arm64: [
    ...["usr/lib/aarch64-linux-gnu", "usr/libexec/aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"],
    ...["etc/ld.so.conf.d/aarch64-linux-gnu.conf", "etc/ld.so.cache"],
  ],
};

const suite = "bookworm";

// What dpkg does, without the install scripts: the files, and the lists of them that scanners read.
const unpack = `
for deb in "$1"/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$2" --keep-directory-symlink
  info=$2/var/lib/dpkg/info/$(dpkg-deb -f "$deb" Package)
  [ -e "$info.list" ] || info=$info:$3
  dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's#^[.]##; s#/$##; s#^$#/.#' > "$info.list"
  dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums > "$info.md5sums" || rm "$info.md5sums"
done
`;

/** Makes a slim Debian of this machine's architecture in `root`, which is created. Takes about 30 s. Needs root. */
export async function nativeRootfs(root: string, log: Log): Promise<void> {
  await debootstrap([], root, log);
  slim(root);
}

/**
 * Makes the same Debian for another architecture without running any of its programs: a copy of the native one in which
 * every package's files are replaced by the other architecture's. What the packages' install scripts wrote is text and the same.
 */
export async function foreignRootfs(root: string, native: string, architecture: Architecture, log: Log): Promise<void> {
  const packages = `${root}.packages`;
  await debootstrap(["--download-only", `--arch=${architecture}`], packages, log);
  const from = architecture === "arm64" ? "amd64" : "arm64";
  await output("cp", ["-a", native, root]);
  for (const path of ofArchitecture[from]) rmSync(join(root, path), { recursive: true, force: true });
  const archives = join(packages, "var/cache/apt/archives");
  renameArchitecture(join(root, "var/lib/dpkg"), from, architecture);
  await output("bash", ["-euo", "pipefail", "-c", unpack, "bash", archives, root, architecture]);
  rmSync(packages, { recursive: true });
  slim(root);
}

/** In a mount namespace: debootstrap mounts /proc in its folder, which must not outlive a run that is cut short. */
async function debootstrap(options: readonly string[], root: string, log: Log): Promise<void> {
  const folder = onPath("debootstrap") ? undefined : await unpackedPackage("debootstrap", log);
  const program = folder ? join(folder, "usr/sbin/debootstrap") : "debootstrap";
  const env = folder ? { ...process.env, DEBOOTSTRAP_DIR: join(folder, "usr/share/debootstrap") } : process.env;
  const own = [...options, "--variant=minbase", "--include=ca-certificates", suite, root];
  const what = `base image, Debian ${suite}${options.length > 0 ? " of the other architecture" : ""}`;
  const args = ["--mount", "--propagation", "private", program, ...own];
  await runLong({ name: "debootstrap", file: "unshare", args, env, what, log });
}

/** The list of installed packages is what scanners read. */
function renameArchitecture(dpkg: string, from: Architecture, to: Architecture): void {
  const status = join(dpkg, "status");
  writeFileSync(
    status,
    readFileSync(status, "utf8").replaceAll(`\nArchitecture: ${from}\n`, `\nArchitecture: ${to}\n`),
  );
  const info = join(dpkg, "info");
  for (const name of readdirSync(info)) {
    if (name.includes(`:${from}.`)) renameSync(join(info, name), join(info, name.replace(`:${from}.`, `:${to}.`)));
  }
}

/** Takes out what a slim image has not, and what is of the machine it was made on. */
function slim(root: string): void {
  const emptied = [
    "dev",
    "proc",
    "sys",
    "run",
    "tmp",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    "var/cache/ldconfig",
  ];
  const doc = [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/lintian",
    "debootstrap",
  ];
  for (const path of [...emptied, ...doc]) rmSync(join(root, path), { recursive: true, force: true });
  for (const path of emptied) mkdirSync(join(root, path), { recursive: true, mode: path === "tmp" ? 0o1777 : 0o755 });
  for (const path of ["etc/resolv.conf", "etc/hostname", "etc/machine-id"])
    if (existsSync(join(root, path))) writeFileSync(join(root, path), "");
}
