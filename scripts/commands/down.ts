import { type Command, isSet, json } from "../cli/command.ts";
import { pathsOf } from "../stack/hooks.ts";

export const down: Command = {
  name: "down",
  summary: "stop what `up` started and wait until it has ended",
  examples: [["down", "from any terminal in this folder"]],
  notes:
    "Also stops what a killed `up` or `demo` left running. Data is kept. Processes are identified by pid and start time, never by name.\nExit codes: 0 nothing runs any more, 1 something does not end.",
  flags: [json],
  async run(context, _args, flags) {
    const { stopStack, tidy } = await import("../../local/stack/stop.ts");
    const { removeEnvFile } = await import("../../local/stack/env-file.ts");
    const paths = await pathsOf(context);
    const result = await stopStack(paths, context.note);
    removeEnvFile(paths);
    // Of a demo that was killed. One that still runs is not touched.
    const leftovers = [...result.leftovers, ...(await tidy(await pathsOf(context, "demo")))];
    const outcome = result.outcome === "nothing" && leftovers.length > 0 ? "tidied" : result.outcome;
    if (isSet(flags, "json")) return void context.out(JSON.stringify({ outcome, leftovers }));
    const tidied = leftovers.length > 0 ? ` Stopped what a killed run had left behind: ${leftovers.join(", ")}.` : "";
    const sentences = {
      nothing: "Nothing runs.",
      stopped: "The stack is down.",
      tidied: "The stack had already ended.",
    };
    context.out(`${sentences[outcome]}${tidied}`);
    return undefined;
  },
};
