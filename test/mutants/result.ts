import type { Mutant } from "./mutant.ts";

export type Result = Mutant & {
  /** The test that noticed it, as `file: test`; undefined when none did. */
  readonly killedBy: string | undefined;
};

export const stateOf = ({ killedBy, survives }: Result): "killed" | "explained" | "survived" =>
  killedBy !== undefined ? "killed" : survives === undefined ? "survived" : "explained";

/** `90 killed, 1 explained, 0 survived` */
export function countLine(results: readonly Result[]): string {
  const count = (state: string) => results.filter((result) => stateOf(result) === state).length;
  return ["killed", "explained", "survived"].map((state) => `${count(state)} ${state}`).join(", ");
}

/** docs/mutants.md. */
export function page(results: readonly Result[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = results.map((result) => {
    const noticed = result.killedBy ?? (result.survives === undefined ? "**nothing**" : `nothing: ${result.survives}`);
    return `| ${cell(result.name)} | \`${result.file}\` | ${cell(noticed)} |`;
  });
  return `# Mutants

Deliberate breaks of the sources, each applied alone to a copy of the tree, and the first test that notices it. \`make mutants\` runs them and
\`make mutants ARGS=--write\` writes this page; \`make mutants ONLY="breaker"\` runs those whose name contains a text. The breaks are listed in
[test/mutants/](../test/mutants). A test of the usual run fails when one of them no longer applies to the sources.

${countLine(results)}.

| break | file | noticed by |
|---|---|---|
${rows.join("\n")}
`;
}
