import { XnovuError } from "../../core/errors.ts";
import { type Command, type Context, isSet, json } from "../cli/command.ts";
import {
  checkWorkerSettings,
  detachWorker,
  requestWorker,
  runningWorker,
  runWorker,
  stopWorker,
  type WorkerAnswer,
  workerPlace,
} from "../cli/worker-control.ts";

const exits = "Exit codes: 0 ok, 1 not running, not healthy or failed, 2 wrong use, 78 wrong settings.";

export const workerStart: Command = {
  name: "worker start",
  summary: "run the worker: Temporal worker, polling loops, health server",
  examples: [
    ["worker start", "in the foreground; Ctrl-C or SIGTERM drains and stops it"],
    ["worker start --detach", "in the background; restarts when it fails"],
  ],
  notes: `A second signal stops it at once. The log of a detached worker is .xnovu/logs/worker-<port>.log.\n${exits}`,
  flags: [
    {
      flags: "-d, --detach",
      about: "run in the background under a parent that restarts it, at most XNOVU_RESTART_LIMIT times",
    },
    json,
  ],
  async run(context, _args, flags) {
    await checkWorkerSettings(context);
    const place = await workerPlace(context);
    if (!isSet(flags, "detach")) return await runWorker(context, place);
    const running = runningWorker(place);
    const pid = running?.process.pid ?? (await detachWorker(context, place)).pid;
    const sentence = running
      ? `the worker already runs (pid ${pid})`
      : `the worker runs (pid ${pid}): ${place.url}/status, log ${place.logFile}`;
    context.out(
      isSet(flags, "json")
        ? JSON.stringify({ pid, port: place.port, already: running !== undefined, log: place.logFile })
        : sentence,
    );
    return 0;
  },
};

export const workerStop: Command = {
  name: "worker stop",
  summary: "stop the worker of this folder and wait until it has drained",
  examples: [
    ["worker stop", "drain, then exit"],
    ["worker stop --force", "kill it when it misses its deadline"],
  ],
  notes: `Exit code 0 when no worker runs.\n${exits}`,
  flags: [{ flags: "--force", about: "send SIGKILL after the deadline" }, json],
  async run(context, _args, flags) {
    const place = await workerPlace(context);
    const running = runningWorker(place);
    if (running === undefined) return await nothingToStop(context, isSet(flags, "json"));
    const stopped = await stopWorker(place, running.process, isSet(flags, "force"));
    if (!stopped)
      throw new XnovuError(`the worker (pid ${running.process.pid}) still runs after its deadline`, {
        hint: "Add --force to kill it. Other workers take over its rows when their lease expires.",
      });
    context.out(
      isSet(flags, "json")
        ? JSON.stringify({ stopped: true, pid: running.process.pid })
        : `the worker (pid ${running.process.pid}) has stopped`,
    );
    return 0;
  },
};

async function nothingToStop(context: Context, asJson: boolean): Promise<number> {
  const place = await workerPlace(context);
  const other = await requestWorker(place, "/status");
  if (other !== undefined)
    throw new XnovuError(
      `a worker responds on port ${place.port} (pid ${String(other.body.pid)}), but it was not started from this folder`,
      { hint: "Stop it in the folder where it was started, or with its supervisor." },
    );
  context.out(asJson ? JSON.stringify({ stopped: false }) : "no worker runs here");
  return 0;
}

export const workerStatus: Command = {
  name: "worker status",
  summary: "show the worker's components, loops and backlog",
  examples: [
    ["worker status", "for people"],
    ["worker status --json", "the response of GET /status"],
  ],
  notes: `Exit code 1 when no worker responds.\n${exits}`,
  flags: [json],
  async run(context, _args, flags) {
    const answer = await requireResponse(context, "/status");
    if (isSet(flags, "json")) context.out(JSON.stringify(answer.body));
    else printStatus(context, answer.body);
    return 0;
  },
};

export const workerHealth: Command = {
  name: "worker health",
  summary: "check whether the worker is healthy, and what is wrong",
  examples: [["worker health && echo fine", "exit code 0 only when all its dependencies are up"]],
  notes: exits,
  flags: [json],
  async run(context, _args, flags) {
    const { code, body } = await requireResponse(context, "/health");
    if (isSet(flags, "json")) context.out(JSON.stringify(body));
    else {
      context.out(`worker  ${String(body.status)}`);
      for (const [name, check] of Object.entries(
        body.checks as Record<string, { status: string; since?: string; error?: string }>,
      ))
        context.out(
          `  ${name.padEnd(10)}  ${check.status}${check.since ? `  since ${check.since}` : ""}${check.error ? `  ${check.error}` : ""}`,
        );
    }
    return code === 200 ? 0 : 1;
  },
};

export const workerRestart: Command = {
  name: "worker restart",
  summary: "stop the worker, then start it in the background",
  examples: [["worker restart", "after changing settings"]],
  notes: exits,
  flags: [{ flags: "--force", about: "send SIGKILL when it misses its deadline" }, json],
  async run(context, args, flags) {
    await checkWorkerSettings(context);
    if (runningWorker(await workerPlace(context)) !== undefined)
      await workerStop.run({ ...context, out: context.note }, args, { ...flags, json: false });
    return await workerStart.run(context, args, { ...flags, detach: true });
  },
};

async function requireResponse(context: Context, path: string): Promise<WorkerAnswer> {
  const place = await workerPlace(context);
  const answer = await requestWorker(place, path);
  if (answer === undefined)
    throw new XnovuError(`no worker responds on port ${place.port}`, {
      hint: "Start it with `pnpm xnovu worker start`, or set WORKER_HEALTH_PORT to its port.",
    });
  return answer;
}

interface LoopLine {
  polls: number;
  errors: number;
  intervalMs: number;
  lastPollAt: string | null;
  waiting: string | null;
}

function printStatus({ out }: Context, body: Readonly<Record<string, unknown>>): void {
  out(
    `worker ${String(body.status)}, version ${String(body.version)}, pid ${String(body.pid)}, up ${String(body.uptimeSeconds)} s, ${String(body.memoryMb)} MB`,
  );
  out("\ncomponents");
  for (const [name, component] of Object.entries(
    body.components as Record<string, { state: string; since: string; restarts: number; error?: string }>,
  ))
    out(
      `  ${name.padEnd(15)}  ${component.state.padEnd(8)}  since ${component.since}${component.restarts > 0 ? `, ${component.restarts} restarts` : ""}${component.error ? `  ${component.error}` : ""}`,
    );
  out("\npolling");
  for (const [name, loop] of Object.entries(body.polling as Record<string, LoopLine>))
    out(
      `  ${name.padEnd(15)}  every ${loop.intervalMs} ms, ${loop.polls} polls, ${loop.errors} errors, last ${loop.lastPollAt ?? "never"}${loop.waiting ? `, waits ${loop.waiting}` : ""}`,
    );
  out("\nnotifications");
  const counts = body.notifications as Record<string, number> | null;
  out(
    counts === null
      ? "  unknown: the database does not respond"
      : `  ${Object.entries(counts)
          .map(([name, value]) => `${name} ${value}`)
          .join(", ")}`,
  );
}
