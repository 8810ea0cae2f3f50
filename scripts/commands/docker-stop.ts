import type { Command } from "../cli/command.ts";

export const dockerStop: Command = {
  name: "docker:stop",
  summary: "stop and remove what docker:run started",
  examples: [["docker:stop", "app and worker; the worker releases its rows first"]],
  notes: "Waits up to the container's stop timeout. Exit code 0 when nothing runs.",
  flags: [],
  async run(context) {
    const { stopContainers } = await import("../image/container-run.ts");
    const names = await stopContainers({ cwd: context.cwd, env: context.env });
    context.out(names.length === 0 ? "Nothing is running." : `Stopped and removed ${names.sort().join(" and ")}.`);
  },
};
