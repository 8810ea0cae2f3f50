import { type Command, isSet, json } from "../cli/command.ts";
import { pathsOf } from "../stack/hooks.ts";

export const down: Command = {
  name: "down",
  summary: "stop what `up` started, and wait until it is down",
  examples: [["down", "from any terminal of this folder"]],
  notes:
    "Also stops what a killed `up` or `demo` has left running. Data is kept. Processes are known by number and start time, never by name.\nExit codes: 0 nothing runs any more, or nothing ran; 1 something does not end.",
  flags: [json],
  async run(context, _args, flags) {
    const { stopStack, tidy } = await import("../../local/stack/stop.ts");
    const { removeEnvFile } = await import("../../local/stack/env-file.ts");
    const paths = await pathsOf(context);
    const result = await stopStack(paths, context.note);
    removeEnvFile(paths);
    // A demo of its own that was killed; one that still runs is left to end by itself.
    const leftovers = [...result.leftovers, ...(await tidy(await pathsOf(context, "demo")))];
    const outcome = result.outcome === "nothing" && leftovers.length > 0 ? "tidied" : result.outcome;
    if (isSet(flags, "json")) return void context.out(JSON.stringify({ outcome, leftovers }));
    const tidied =
      leftovers.length > 0 ? ` Left behind by a killed run, and stopped now: ${leftovers.join(", ")}.` : "";
    const said = { nothing: "Nothing runs.", stopped: "The stack is down.", tidied: "The stack was gone already." };
    context.out(`${said[outcome]}${tidied}`);
    return undefined;
  },
};
