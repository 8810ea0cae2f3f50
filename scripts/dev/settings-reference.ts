import type { z } from "zod";
import { sections } from "../../core/config/env-example.ts";
import { type Group, type Variable, variables } from "../../core/config/variables.ts";
import { code, escapedAround, markdownTable } from "./markdown.ts";

export const settingsReferenceFile = new URL("../../docs/settings.md", import.meta.url);

const heading = `# Settings

<!-- Made from core/config/variables.ts by \`node --import tsx scripts/dev/update-settings-reference.ts\`: do not edit it by hand. -->

Every setting is an environment variable. In a checkout \`.env\` supplies what the environment leaves out;
[.env.example](../.env.example) is a template. An empty value counts as unset.

- A process reads the groups that it needs, and stops with exit code 78 when one of their settings is missing or wrong. It
  lists all errors at once.
- \`pnpm xnovu doctor\` checks every setting and everything that the settings point to.
- A *secret* is never printed. \`<NAME>_FILE\` may name a file that contains it instead, as Docker and Kubernetes mount secrets.
- Settings of the proxy of \`xnovu deploy\`: [deploy/one-server.md](deploy/one-server.md). Variables of the image build: [image.md](image.md).
`;

/** The text of docs/settings.md: every setting by group, with its values and its default. */
export const settingsReference = (): string => [heading, ...(Object.keys(sections) as Group[]).map(section)].join("\n"); // the keys are Group by the type of `sections`

function section(group: Group): string {
  const { title, neededBy } = sections[group];
  const all = Object.values<Variable<unknown>>(variables[group]);
  return [
    `## ${title}\n`,
    `Read by ${neededBy}.\n`,
    `${markdownTable(["setting", "value", "default", "meaning"], all.map(row))}\n`,
  ].join("\n");
}

const row = (variable: Variable<unknown>): string[] => [
  code(variable.env),
  escapedAround(valuesOf(variable.kind)),
  variable.fallback === undefined ? (variable.required ? "**required**" : "") : code(variable.fallback),
  escapedAround(meaningOf(variable)),
];

const meaningOf = ({ about, secret, formerly }: Variable<unknown>): string =>
  [
    secret ? `Secret: ${about}` : about,
    ...(formerly === undefined ? [] : [`formerly \`${formerly}\`, which still works in this release`]),
  ].join("; ");

/** What a setting takes: its kind refuses other text with a message such as "not a whole number from 1 to 5". */
function valuesOf(kind: z.ZodType<unknown, string>): string {
  const message = kind.safeParse("\0").error?.issues[0]?.message;
  return message === undefined ? "text" : message.replace(/^not (an? )?/, "");
}
