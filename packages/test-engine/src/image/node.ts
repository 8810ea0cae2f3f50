import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { output } from "../command.ts";
import { EngineError } from "../errors.ts";
import type { Architecture } from "./oci.ts";

export const nodeVersion = "24.21.0";
const npmVersion = "11.21.2";

// What docker.io/library/node does: `docker run IMAGE --version` asks Node, other words are programs.
const entrypoint = `#!/bin/sh
set -e
if [ "\${1#-}" != "\${1}" ] || [ -z "$(command -v "\${1}")" ] || { [ -f "\${1}" ] && ! [ -x "\${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
`;

/** Node and npm in the places where the public Node images have them, as the files of a layer of their own. */
export async function nodeFiles(root: string, architecture: Architecture): Promise<void> {
  const local = join(root, "usr/local");
  const bin = join(local, "bin");
  const modules = join(local, "lib/node_modules");
  for (const folder of [bin, modules]) mkdirSync(folder, { recursive: true });
  const name = `node-linux-${architecture === "amd64" ? "x64" : "arm64"}`;
  await withPackage(`${name}@${nodeVersion}`, `${root}.node`, (folder) =>
    cpSync(join(folder, "bin/node"), join(bin, "node")),
  );
  await withPackage(`npm@${npmVersion}`, `${root}.npm`, (folder) =>
    cpSync(folder, join(modules, "npm"), { recursive: true }),
  );
  symlinkSync("node", join(bin, "nodejs"));
  for (const program of ["npm", "npx"]) {
    const file = join(modules, `npm/bin/${program}-cli.js`);
    chmodSync(file, 0o755);
    symlinkSync(`../lib/node_modules/npm/bin/${program}-cli.js`, join(bin, program));
  }
  writeFileSync(join(bin, "docker-entrypoint.sh"), entrypoint);
  for (const program of ["node", "docker-entrypoint.sh"]) chmodSync(join(bin, program), 0o755);
}

/** The account that the public Node images have. */
export function addNodeUser(root: string): void {
  appendFileSync(join(root, "etc/passwd"), "node:x:1000:1000::/home/node:/bin/bash\n");
  appendFileSync(join(root, "etc/group"), "node:x:1000:\n");
  appendFileSync(join(root, "etc/shadow"), "node:!:19000:0:99999:7:::\n");
  mkdirSync(join(root, "home/node"), { recursive: true });
}

async function withPackage(spec: string, folder: string, use: (unpacked: string) => void): Promise<void> {
  mkdirSync(folder);
  await output("npm", ["pack", spec, "--pack-destination", folder, "--ignore-scripts"], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!archive) throw new EngineError(`npm pack ${spec} gave no archive`);
  await output("tar", ["-xzf", archive, "--no-same-owner"], { cwd: folder });
  const found: { version?: string } = JSON.parse(readFileSync(join(folder, "package/package.json"), "utf8"));
  if (!spec.endsWith(`@${found.version}`)) throw new EngineError(`npm pack ${spec} gave version ${found.version}`);
  use(join(folder, "package"));
  rmSync(folder, { recursive: true });
}
