import { Command as Commander, Option } from "commander";
import type { Command, Context, Flag, Flags } from "./command.ts";

const groups: Readonly<Record<string, string>> = {
  key: "API keys of producers: create, list, revoke",
  migrate: "the database schema: up, down, status, create",
  worker: "the worker: start, stop, status, health, restart",
};

/** Builds the commander program. `done` receives the exit code of the command that ran. */
export function createProgram(
  commands: readonly Command[],
  context: Context,
  version: string,
  done: (code: number) => void,
): Commander {
  const program = new Commander("xnovu")
    .description("From a git commit to a delivered notification")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print a command's help")
    .showHelpAfterError("(add --help for examples)")
    .exitOverride()
    .configureOutput({
      writeErr: (text) => context.note(text.trimEnd()),
      writeOut: (text) => context.out(text.trimEnd()),
    })
    .addHelpText(
      "before",
      `${examplesText([
        ["up", "start everything on this machine"],
        ['send email --to ada --payload \'{"subject":"Hi","body":"First"}\'', "send a notification"],
        ["worker status", "show what the worker does"],
      ])}\n`,
    );
  for (const command of commands) addCommand(parentOf(program, command.name, commands), command, context, done);
  return program;
}

function parentOf(program: Commander, name: string, commands: readonly Command[]): Commander {
  const [group, verb] = name.split(" ");
  const summary = group === undefined ? undefined : groups[group];
  if (group === undefined || summary === undefined || verb === undefined) return program;
  const found = program.commands.find((command) => command.name() === group);
  // exitOverride and output are inherited only by commands made with `.command()`.
  const examples = commands
    .filter((one) => one.name.startsWith(`${group} `))
    .flatMap((one) => one.examples.slice(0, 1));
  return (
    found ??
    program
      .command(group)
      .description(summary)
      .helpCommand(false)
      .addHelpText("before", `${examplesText(examples)}\n`)
  );
}

function addCommand(parent: Commander, command: Command, context: Context, done: (code: number) => void): void {
  const [first = "", ...rest] = command.name.split(" ");
  const isVerb = groups[first] !== undefined;
  const sub = parent
    .command(isVerb ? rest.join(" ") : command.name)
    .description(command.summary)
    .addHelpText("before", `${examplesText(command.examples)}\n`)
    .allowExcessArguments(false);
  if (command.notes !== undefined) sub.addHelpText("after", `\n${command.notes}`);
  const renamed = new Map<string, string>();
  for (const flag of command.flags) {
    const option = optionOf(flag);
    sub.addOption(option);
    if (flag.formerly === undefined) continue;
    const old = new Option(flag.formerly).hideHelp().conflicts(option.attributeName());
    sub.addOption(old);
    renamed.set(old.attributeName(), option.attributeName());
  }
  sub.action(async () => {
    const args = sub.processedArgs.flat().filter((arg): arg is string => typeof arg === "string");
    done((await command.run(context, args, currentNames(sub.opts<Flags>(), renamed))) ?? 0);
  });
}

/** Moves the values of old flag names to the current names. */
function currentNames(flags: Flags, renamed: ReadonlyMap<string, string>): Flags {
  const entries = Object.entries(flags).filter(([name]) => !renamed.has(name));
  const moved = [...renamed].flatMap(([old, name]) => (flags[old] === undefined ? [] : [[name, flags[old]]]));
  return Object.fromEntries([...entries, ...moved]);
}

function optionOf({ flags, about, fallback, choices, repeat }: Flag): Option {
  const option = new Option(flags, about);
  if (fallback !== undefined) option.default(fallback);
  if (choices !== undefined) option.choices([...choices]);
  if (repeat)
    option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  return option;
}

function examplesText(examples: readonly (readonly [string, string])[]): string {
  const width = Math.min(60, Math.max(...examples.map(([line]) => line.length)));
  return ["Examples:", ...examples.map(([line, what]) => `  pnpm xnovu ${line.padEnd(width)}  # ${what}`), ""].join(
    "\n",
  );
}
