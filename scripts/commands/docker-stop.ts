import type { Command } from "../cli/command.ts";

export const dockerStop: Command = {
  name: "docker:stop",
  summary: "stop and remove what docker:run started",
  examples: [["docker:stop", "app and worker; a worker gives its rows back first"]],
  notes: "Waits as long as the container's stop timeout allows. Ends with 0 when nothing runs.",
  flags: [],
  async run(context) {
    const { stopContainers } = await import("../image/container-run.ts");
    const names = await stopContainers({ cwd: context.cwd, env: context.env });
    context.out(names.length === 0 ? "Nothing is running." : `Stopped and removed ${names.sort().join(" and ")}.`);
  },
};
