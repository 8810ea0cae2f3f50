import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

/** Appends step outputs of a GitHub Actions job to the file that `GITHUB_OUTPUT` names. */
export function writeGithubOutput(file: string | undefined, values: Readonly<Record<string, string>>): void {
  if (!file) return;
  // GitHub's multi-line form: the delimiter must not occur in the value.
  const delimiter = `xnovu-${randomUUID()}`;
  const lines = Object.entries(values).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  appendFileSync(file, lines.join(""));
}
