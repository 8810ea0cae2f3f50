import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const prometheusFolder = fileURLToPath(new URL("../../deploy/prometheus", import.meta.url));
export const rulesFolder = join(prometheusFolder, "rules");

/** A recording rule or an alert of deploy/prometheus/rules. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const readRules = (): Rule[] =>
  readdirSync(rulesFolder).flatMap((name) => {
    const { groups }: { groups: { rules: Rule[] }[] } = parse(readFileSync(join(rulesFolder, name), "utf8"));
    return groups.flatMap(({ rules }) => rules);
  });
