import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

/** Appends outputs for the next steps of a GitHub Actions job, where `GITHUB_OUTPUT` names the file for them. */
export function writeGithubOutput(file: string | undefined, values: Readonly<Record<string, string>>): void {
  if (!file) return;
  // GitHub's form for any text: a delimiter that cannot be in the value.
  const delimiter = `xnovu-${randomUUID()}`;
  const lines = Object.entries(values).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  appendFileSync(file, lines.join(""));
}
