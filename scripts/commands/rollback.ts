import type { Command } from "../cli/command.ts";
import { drainFlag, hostFlag, releaseNumber, seconds, serverFor, timeoutFlag } from "../deploy/flags.ts";

export const rollback: Command = {
  name: "rollback [release]",
  summary: "go back to the release before, or to a named one",
  examples: [
    ["rollback", "the release that was live when this one was deployed"],
    ["rollback r3 --host ssh://deploy@server.example", "a certain one that is kept, on a server"],
  ],
  notes: [
    "Starts the release's own containers again: the image and the settings that it had. Switches when both are healthy, as deploy does.",
    "Migrations stay: they are expand and contract, so that the release before works with them.",
  ].join("\n"),
  flags: [hostFlag, timeoutFlag, drainFlag],
  async run(context, [asked], flags) {
    const options = {
      asked: releaseNumber(asked),
      healthMs: seconds(flags, "timeout"),
      drainMs: seconds(flags, "drain"),
    };
    const { interruptible } = await import("../image/interrupt.ts");
    return await interruptible(async (signal) => {
      const { rollback: run } = await import("../deploy/rollback.ts");
      context.out(`r${await run(options, serverFor(context, flags, signal))} is live again`);
      return 0;
    });
  },
};
