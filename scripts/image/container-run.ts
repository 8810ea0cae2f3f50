import { UsageError, XnovuError } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
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
import { type RunOptions, run, runAttached } from "./run-step.ts";

interface ContainerState {
  readonly running: boolean;
  readonly exitCode: number;
  /** Docker's health status. Undefined for an image without a health check. */
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

/** `already`: a container was running and was not touched. `healthy`: started and healthy. `ended`: an attached run ended with this exit code. */
export type StartOutcome =
  | { readonly kind: "already"; readonly image: string; readonly health: string | undefined }
  | { readonly kind: "healthy" }
  | { readonly kind: "ended"; readonly code: number };

/** @throws XnovuError when the image does not exist, the start fails, or the container is not healthy in time (with its log). */
export async function startContainer(plan: RunPlan, limitMs: number, options: RunOptions): Promise<StartOutcome> {
  const before = await stateOf(plan.role, options);
  if (before?.running) return { kind: "already", image: before.image, health: before.health };
  const image = await run(planImageInspect(plan.image), options);
  if (!image.ok && /no such image/i.test(image.stderr))
    throw new UsageError(`There is no image ${plan.image} in the engine`, "Build it: pnpm xnovu docker:build");
  if (!image.ok) throw commandError("docker image inspect", image);
  // Removes the stopped container of a former run, with its log.
  if (before !== undefined) await run(planRemove(nameOf(plan.role)), options);
  if (!plan.detach) return { kind: "ended", code: await runAttached(planRun(plan), options) };
  const started = await run(planRun(plan), options);
  if (!started.ok) {
    // Docker keeps a container that it could not start, for example because of a port in use.
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
    hint: "Stop the process that holds it, or map another port: -p 4100:4000",
  });
}

async function waitHealthy(role: Role, limitMs: number, options: RunOptions): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    const state = await stateOf(role, options);
    if (state === undefined || !state.running)
      throw await unhealthy(role, `ended (exit ${state?.exitCode ?? "unknown"})`, options);
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
      hint: `The container is kept: see docker logs ${nameOf(role)}, and remove it with pnpm xnovu docker:stop.`,
    },
  );
}

/** Stops and removes the containers of docker:run. Returns their names. */
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
        // An attached container removes itself when it stops.
        if (!ran.ok && !/no such container|removal of container .* is already in progress/i.test(ran.stderr))
          throw commandError(`docker ${step.argv[1]} ${name}`, ran);
      }
    }),
  );
  return names;
}
