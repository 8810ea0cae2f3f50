import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import { stringify } from "yaml";
import { cached, pipInstall } from "./cached.ts";
import { judge } from "./judge.ts";
import { at, listAt, type Manifest } from "./manifest.ts";

const version = "3.3.30";

/** The folder of Checkov. @throws EngineError when pip or the package is not available. */
export const checkov = (log: Log): Promise<string> =>
  cached(`checkov-${version}`, log, (into) => pipInstall(`checkov==${version}`, into, log));

/** Findings of Checkov under deploy/kubernetes/checkov.yaml, and files that it cannot read. One line each. @throws Error with its output. */
export async function policyErrors(
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
  // Checkov reports no finding when it finds no input.
  if (!(Number(at(report, "summary", "passed")) > 0))
    return ["Checkov checked nothing: the format of its report has changed"];
  return [
    ...listAt(report, "results", "failed_checks").map(
      (error) =>
        `${at(error, "resource")}: ${at(error, "check_name")} (${at(error, "check_id")}) ${at(error, "guideline") ?? ""}`,
    ),
    ...listAt(report, "results", "parsing_errors").map((file) => `Checkov cannot read ${file}`),
  ];
}
