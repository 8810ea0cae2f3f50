import type { Command } from "../cli/command.ts";
import { drainFlag, hostFlag, releaseNumber, seconds, serverFor, timeoutFlag } from "../deploy/flags.ts";

export const rollback: Command = {
  name: "rollback [release]",
  summary: "go back to the previous release, or to a named one",
  examples: [
    ["rollback", "the release that was live when this one was deployed"],
    ["rollback r3 --host ssh://deploy@server.example", "a kept release, on a server"],
  ],
  notes: [
    "Starts the release's own containers again, with the image and settings they had. Switches when both are healthy, as deploy does.",
    "Migrations stay applied: they follow expand and contract, so the previous release works with the schema.",
  ].join("\n"),
  flags: [hostFlag, timeoutFlag, drainFlag],
  async run(context, [release], flags) {
    const options = {
      wanted: releaseNumber(release),
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
