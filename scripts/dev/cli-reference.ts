import type { Command as Commander } from "commander";
import type { Command } from "../cli/command.ts";
import { createProgram } from "../cli/program.ts";
import { commandsFor } from "../commands/index.ts";
import { code, escapedAround, markdownTable } from "./markdown.ts";

export const cliReferenceFile = new URL("../../docs/cli.md", import.meta.url);

const heading = `# Command line

<!-- Made from the commands' own help by \`node --import tsx scripts/dev/update-cli-reference.ts\`: do not edit it by hand. -->

Run a command as \`pnpm xnovu <command>\`, in a checkout or in the image. \`pnpm xnovu <command> --help\` prints the same
text. Results go to stdout, messages to stderr.

| exit code | meaning |
| --- | --- |
| 0 | success |
| 1 | failure |
| 2 | wrong use: a flag, an argument or the state of the checkout |
| 78 | a setting is missing or wrong: see [settings.md](settings.md) |
| 130, 143 | stopped by Ctrl-C or SIGTERM |
`;

/** The text of docs/cli.md: every command with its examples, notes and options, as --help prints them. */
export async function cliReference(): Promise<string> {
  const commands = await commandsFor(undefined);
  const program = createProgram(commands, silent, "0", () => undefined);
  const overview = markdownTable(
    ["command", ""],
    commands.map((command) => [`[${wordsOf(command)}](#${anchorOf(command)})`, escapedAround(command.summary)]),
  );
  return `${[heading, overview, ...commands.map((command) => section(command, find(program, command)))].join("\n")}\n`;
}

const silent = {
  env: {},
  root: "",
  cwd: "",
  out: () => undefined,
  note: () => undefined,
  interactive: false,
  color: false,
};

/** `migrate up` of `migrate up`, `send` of `send <workflow>`. */
const wordsOf = ({ name }: Command): string => name.split(/ [<[]/)[0] ?? name;

/** The anchor that GitHub gives the heading. */
const anchorOf = (command: Command): string =>
  `xnovu-${wordsOf(command)
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-")}`;

function find(program: Commander, command: Command): Commander {
  const found = wordsOf(command)
    .split(" ")
    .reduce<Commander | undefined>((at, word) => at?.commands.find((one) => one.name() === word), program);
  if (found === undefined) throw new Error(`commander has no command ${command.name}`);
  return found;
}

function section(command: Command, commander: Commander): string {
  const help = commander.createHelp();
  const examples = command.examples.map(([line, what]) => `# ${what}\npnpm xnovu ${line}`);
  const options = help
    .visibleOptions(commander)
    .filter(({ long }) => long !== "--help")
    .map((option) => [code(help.optionTerm(option)), escapedAround(help.optionDescription(option))]);
  return [
    `\n## xnovu ${wordsOf(command)}`,
    sentence(command.summary),
    `\`\`\`sh\n${examples.join("\n")}\n\`\`\``,
    `Usage: ${code(`pnpm ${help.commandUsage(commander)}`)}`,
    ...(command.notes === undefined ? [] : [paragraphs(command.notes)]),
    ...(options.length === 0 ? [] : [markdownTable(["option", ""], options)]),
  ].join("\n\n");
}

const sentence = (summary: string): string => `${escapedAround(summary.charAt(0).toUpperCase() + summary.slice(1))}.`;

/** A line of a note that ends a sentence ends a paragraph. */
const paragraphs = (notes: string): string =>
  notes
    .split("\n")
    .map((line) => escapedAround(line) + (/[.:]$/.test(line) ? "\n\n" : "\n"))
    .join("")
    .trimEnd();
