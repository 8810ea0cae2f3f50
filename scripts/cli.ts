import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { exitCodes, XnovuError } from "../core/errors.ts";
import { createContext } from "./cli/context.ts";
import { createProgram } from "./cli/program.ts";
import { commandsFor } from "./commands/index.ts";

// The only file that reads argv and sets the process's exit code.

// `xnovu list | head` closes the pipe early. That is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed),
);

// The root is computed here because this file keeps its path when the command line is compiled into few files.
const context = createContext(process.env, fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, ""));
const { version } = JSON.parse(readFileSync(join(context.root, "package.json"), "utf8")) as { version: string };

function endOf(error: unknown): number {
  // commander has already printed its message. Help and version exit with 0, everything else is wrong use.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof XnovuError) {
    context.note(`xnovu: ${error.message}`);
    if (error.hint !== undefined) context.note(error.hint);
    return error.exitCode;
  }
  context.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.failed;
}

let code: number = exitCodes.ok;
const program = createProgram(await commandsFor(process.argv[2]), context, version, (result) => {
  code = result;
});
try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync(process.argv);
} catch (error) {
  code = endOf(error);
}
// exitCode instead of exit(), which would lose output that stdout still buffers.
process.exitCode = code;
