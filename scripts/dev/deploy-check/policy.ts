import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import { stringify } from "yaml";
import { cached, pipInstall } from "./cached.ts";
import { judge } from "./judge.ts";
import { at, listAt, type Manifest } from "./manifest.ts";

const version = "3.3.30";

/** The folder of Checkov. @throws EngineError where pip or the package cannot be had. */
export const checkov = (log: Log): Promise<string> =>
  cached(`checkov-${version}`, log, (into) => pipInstall(`checkov==${version}`, into, log));

/** What Checkov finds, by deploy/kubernetes/checkov.yaml, one line each. Tells as well what it could not read. @throws Error with its words. */
export async function policyFaults(
  root: string,
  sets: Readonly<Record<string, readonly Manifest[]>>,
  folder: string,
  log: Log,
): Promise<string[]> {
  const program = await checkov(log);
  const input = join(folder, "policy");
  rmSync(input, { recursive: true, force: true });
  mkdirSync(input);
  for (const [name, manifests] of Object.entries(sets))
    writeFileSync(join(input, `${name}.yaml`), manifests.map((manifest) => stringify(manifest)).join("---\n"));
  const config = join(root, "deploy/kubernetes/checkov.yaml");
  const args = ["-m", "checkov.main", "--config-file", config, "--directory", input, "--output", "json"];
  const { stdout } = await judge("python3", args, [0, 1], { ...process.env, PYTHONPATH: program });
  const report: unknown = JSON.parse(stdout);
  // With nothing to look at it reports nothing against it.
  if (!(Number(at(report, "summary", "passed")) > 0))
    return ["Checkov looked at nothing: its answer has another shape"];
  return [
    ...listAt(report, "results", "failed_checks").map(
      (fault) =>
        `${at(fault, "resource")}: ${at(fault, "check_name")} (${at(fault, "check_id")}) ${at(fault, "guideline") ?? ""}`,
    ),
    ...listAt(report, "results", "parsing_errors").map((file) => `Checkov cannot read ${file}`),
  ];
}
