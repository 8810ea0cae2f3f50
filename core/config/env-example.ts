import { type Group, type Variable, variables } from "./variables.ts";

/** The title of each group, and who needs its required settings. */
export const sections: Readonly<Record<Group, { readonly title: string; readonly neededBy: string }>> = {
  general: { title: "General", neededBy: "every process" },
  novu: { title: "Novu", neededBy: "the app, the worker and `xnovu sync`" },
  database: { title: "Database", neededBy: "the app, the worker and every command that reads or writes notifications" },
  supabase: { title: "Supabase", neededBy: "the app, where Supabase is used" },
  temporal: { title: "Temporal", neededBy: "the worker" },
  worker: { title: "Worker", neededBy: "the worker" },
  app: { title: "App", neededBy: "the app" },
  tracing: { title: "Traces", neededBy: "the app and the worker" },
};

const heading = `# Settings of XNovu: copy this file to .env and fill in what has no default.
# A line that starts with # is a comment; it shows the default of its setting. An empty value counts as unset.
# Generated from core/config/variables.ts by \`node --import tsx scripts/dev/update-env-example.ts\`: do not edit it by hand.`;

/** The text of .env.example: every setting by group, the required ones empty, the others commented out with their default. */
export function envExample(): string {
  const groups = Object.keys(sections) as Group[]; // the keys are Group by the type of `sections`
  return `${[heading, ...groups.map(section)].join("\n\n")}\n`;
}

function section(group: Group): string {
  const { title, neededBy } = sections[group];
  const entries = Object.values<Variable<unknown>>(variables[group]).map((variable) => entry(variable, neededBy));
  return [`# ---- ${title} ----`, ...entries].join("\n\n");
}

function entry({ env, about, fallback, required, secret }: Variable<unknown>, neededBy: string): string {
  const lines = [`# ${about}`];
  if (required) lines.push(`# Required by ${neededBy}.`);
  if (secret) lines.push(`# ${env}_FILE may name a file that holds it instead.`);
  lines.push(required ? `${env}=` : `# ${env}=${fallback ?? ""}`);
  return lines.join("\n");
}
