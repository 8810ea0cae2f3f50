import { UsageError } from "../../core/errors.ts";
import { type Command, isSet, text, texts } from "../cli/command.ts";

export const dockerRun: Command = {
  name: "docker:run",
  summary: "run the image that docker:build made",
  examples: [
    ["docker:run -d", "the app in the background; returns when it is healthy"],
    ["docker:run -d --worker", "the worker"],
    ["docker:run -p 8080:4000 --env-file production.env", "on another port, with settings from a file"],
  ],
  notes:
    "Settings come from the environment and .env, or only from --env-file. In the container localhost is the container itself: reach servers of\nthis machine as host.docker.internal. Exit code 1, with the container's log, when it does not become healthy in time.",
  flags: [
    { flags: "-d, --detach", about: "in the background" },
    {
      flags: "-p, --publish <host:container>",
      about: "map a port (default 4000:4000, worker 3001:3001)",
      repeat: true,
    },
    { flags: "--env-file <file>", about: "read settings only from this file, in Docker's format" },
    { flags: "--worker", about: "run the worker instead of the app" },
    { flags: "-t, --tag <tag>", about: "run this tag instead of the one from git" },
    { flags: "--network <name>", about: "Docker network to join" },
    { flags: "--timeout <seconds>", about: "time limit to become healthy", fallback: "60" },
  ],
  async run(context, _, flags) {
    const { variables } = await import("../../core/config/variables.ts");
    const { inputsFor } = await import("../image/inputs.ts");
    const { defaultPublish, healthUrl, nameOf } = await import("../image/container.ts");
    const { startContainer } = await import("../image/container-run.ts");
    const { resolve } = await import("node:path");
    const seconds = Number(text(flags, "timeout"));
    if (!Number.isInteger(seconds) || seconds < 1)
      throw new UsageError("--timeout must be a whole number of seconds, at least 1");
    const role = isSet(flags, "worker") ? "worker" : "app";
    const envFile = text(flags, "envFile");
    const publish = texts(flags, "publish");
    const badPort = publish.find((port) => !/^((\d{1,3}\.){3}\d{1,3}:|\[[0-9a-f:]+\]:)?\d{1,5}:\d{1,5}$/i.test(port));
    if (badPort !== undefined) throw new UsageError(`-p ${badPort} is not HOST:CONTAINER`, "Example: -p 8080:4000");
    const { tags } = await inputsFor(context, flags);
    // Port, state folder and mode inside the container come from the image.
    const own = ["PORT", "WORKER_HEALTH_PORT", "XNOVU_WORKER_HOST", "XNOVU_STATE_DIR", "NODE_ENV"];
    const names = Object.values(variables).flatMap((group) => Object.values(group).map(({ env }) => env as string));
    const settings = envFile === undefined ? names.filter((name) => context.env[name] && !own.includes(name)) : [];
    const plan = {
      role,
      image: tags.local,
      detach: isSet(flags, "detach"),
      publish,
      envFile: envFile && resolve(context.cwd, envFile),
      network: text(flags, "network"),
      settings,
    } as const;
    const outcome = await startContainer(plan, seconds * 1000, { cwd: context.cwd, env: context.env });
    if (outcome.kind === "ended") return outcome.code;
    if (outcome.kind === "already") {
      context.out(`${nameOf(role)} already runs, from ${outcome.image}${outcome.health ? ` (${outcome.health})` : ""}`);
      if (outcome.image !== tags.local)
        context.note(`To run ${tags.local} instead, run \`pnpm xnovu docker:stop\` and then this command again.`);
      return 0;
    }
    context.out(`${nameOf(role)} is healthy: ${healthUrl(role, publish[0] ?? defaultPublish(role))}`);
    return 0;
  },
};
