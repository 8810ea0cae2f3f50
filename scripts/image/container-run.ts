import { setTimeout as sleep } from "node:timers/promises";
import { UsageError, XnovuError } from "../../core/errors.ts";
import { commandError } from "./buildx.ts";
import {
  nameOf,
  planImageInspect,
  planInspect,
  planList,
  planLogs,
  planRemove,
  planRun,
  planStop,
  type Role,
  type RunPlan,
} from "./container.ts";
import { type RunOptions, run, runAttached } from "./run.ts";

interface ContainerState {
  readonly running: boolean;
  readonly exitCode: number;
  /** Docker's word; undefined for an image without a health check. */
  readonly health: string | undefined;
  /** What the last health check printed. */
  readonly healthOutput: string;
  readonly image: string;
}

async function stateOf(role: Role, options: RunOptions): Promise<ContainerState | undefined> {
  const ran = await run(planInspect(role), options);
  if (!ran.ok && /no such container/i.test(ran.stderr)) return undefined;
  if (!ran.ok) throw commandError("docker container inspect", ran);
  const { State, Config } = JSON.parse(ran.stdout) as {
    State: { Running: boolean; ExitCode: number; Health?: { Status: string; Log?: readonly { Output: string }[] } };
    Config: { Image: string };
  };
  return {
    running: State.Running,
    exitCode: State.ExitCode,
    health: State.Health?.Status,
    healthOutput: State.Health?.Log?.at(-1)?.Output.trim() ?? "",
    image: Config.Image,
  };
}

/** `already` leaves the running container alone; `healthy` was started and answers. A number is the end of an attached run. */
export type StartOutcome =
  | { readonly kind: "already"; readonly image: string; readonly health: string | undefined }
  | { readonly kind: "healthy" }
  | { readonly kind: "ended"; readonly code: number };

/** @throws XnovuError when the image is not built, the start fails, or the container does not become healthy in time: its logs are in the message. */
export async function startContainer(plan: RunPlan, limitMs: number, options: RunOptions): Promise<StartOutcome> {
  const before = await stateOf(plan.role, options);
  if (before?.running) return { kind: "already", image: before.image, health: before.health };
  const image = await run(planImageInspect(plan.image), options);
  if (!image.ok && /no such image/i.test(image.stderr))
    throw new UsageError(`There is no image ${plan.image} in the engine`, "Build it: pnpm xnovu docker:build");
  if (!image.ok) throw commandError("docker image inspect", image);
  // What a former run left under the name; its logs end here.
  if (before !== undefined) await run(planRemove(nameOf(plan.role)), options);
  if (!plan.detach) return { kind: "ended", code: await runAttached(planRun(plan), options) };
  const started = await run(planRun(plan), options);
  if (!started.ok) {
    // Docker leaves a container that it could not start, for instance for a port in use.
    await run(planRemove(nameOf(plan.role)), options);
    throw startError(started);
  }
  await waitHealthy(plan.role, limitMs, options);
  return { kind: "healthy" };
}

function startError(ran: {
  readonly stderr: string;
  readonly code: number;
  readonly ok: boolean;
  readonly stdout: string;
}): XnovuError {
  const port = /:(\d+): bind: address already in use|port is already allocated.*|Bind for \S+:(\d+) failed/.exec(
    ran.stderr,
  );
  if (port === null) return commandError("docker run", ran);
  const number = port[1] ?? port[2];
  return new XnovuError(`Port ${number ?? ""} is in use on this machine`, {
    hint: "Stop what holds it, or map another one: -p 4100:4000",
  });
}

async function waitHealthy(role: Role, limitMs: number, options: RunOptions): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    const state = await stateOf(role, options);
    if (state === undefined || !state.running)
      throw await unhealthy(role, `ended by itself (exit ${state?.exitCode ?? "unknown"})`, options);
    if (state.health === "healthy" || state.health === undefined) return;
    if (state.health === "unhealthy") throw await unhealthy(role, `is unhealthy: ${state.healthOutput}`, options);
    if (Date.now() >= end) throw await unhealthy(role, `is not healthy after ${limitMs / 1000} s`, options);
    await sleep(500);
  }
}

async function unhealthy(role: Role, what: string, options: RunOptions): Promise<XnovuError> {
  const logs = await run(planLogs(role), options);
  const text = `${logs.stdout}${logs.stderr}`.trim();
  return new XnovuError(
    `The container ${nameOf(role)} ${what}.${text ? ` Its last lines:\n${text}` : " It printed nothing."}`,
    {
      hint: `It is kept for a look (docker logs ${nameOf(role)}); pnpm xnovu docker:stop removes it.`,
    },
  );
}

/** Stops and removes what docker:run started. Returns the names; none is fine. */
export async function stopContainers(options: RunOptions): Promise<string[]> {
  const list = await run(planList(), options);
  if (!list.ok) throw commandError("docker ps", list);
  const names = list.stdout
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "")
    .filter(Boolean);
  await Promise.all(
    names.map(async (name) => {
      for (const step of [planStop(name), planRemove(name)]) {
        const ran = await run(step, options);
        // An attached one removes itself as it stops.
        if (!ran.ok && !/no such container|removal of container .* is already in progress/i.test(ran.stderr))
          throw commandError(`docker ${step.argv[1]} ${name}`, ran);
      }
    }),
  );
  return names;
}
