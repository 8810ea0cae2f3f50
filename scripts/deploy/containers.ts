import { XnovuError } from "../../core/errors.ts";
import { commandError, lastLine } from "../image/buildx.ts";
import { type Role, roles } from "../image/container.ts";
import { containerOf, titleOf } from "./names.ts";
import { planCheck, planExplain, planInspect, planList, planLogs, planRemove, planStop } from "./release-plan.ts";
import { mustRun, poll, runOn, type Server } from "./server.ts";

export interface Found {
  readonly running: boolean;
  readonly exitCode: number;
  readonly restarts: number;
  /** Docker's notation: `["CMD", …]` or `["CMD-SHELL", text]`. Empty for an image without a health check. */
  readonly check: readonly string[];
  /** IP address by network. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Undefined when there is no such container. */
export async function inspect(name: string, server: Server): Promise<Found | undefined> {
  const ran = await runOn(planInspect(name), server);
  if (!ran.ok && /no such container/i.test(ran.stderr)) return undefined;
  if (!ran.ok) throw commandError("docker container inspect", ran);
  const { State, Config, RestartCount, NetworkSettings } = JSON.parse(ran.stdout) as {
    State: { Running: boolean; ExitCode: number };
    Config: { Healthcheck?: { Test?: readonly string[] } };
    RestartCount: number;
    NetworkSettings: { Networks: Readonly<Record<string, { IPAddress: string }>> };
  };
  return {
    running: State.Running,
    exitCode: State.ExitCode,
    restarts: RestartCount,
    check: Config.Healthcheck?.Test ?? [],
    addresses: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([key, { IPAddress }]) => [key, IPAddress]),
    ),
  };
}

interface Unhealthy {
  readonly role: Role;
  readonly why: string;
}

/** Waits until app and worker of a release are healthy. @throws XnovuError with the log of the one that is not. */
export async function waitHealthy(release: number, limitMs: number, server: Server): Promise<void> {
  const restarts = new Map<string, number>();
  let unhealthy: Unhealthy | undefined;
  const probe = async () => {
    unhealthy = await firstUnhealthy(release, restarts, server);
    return unhealthy === undefined ? true : undefined;
  };
  if ((await poll(limitMs, probe, 1_000)) === true || unhealthy === undefined) return;
  const name = containerOf(release, unhealthy.role);
  const explained = lastLine((await runOn(planExplain(name), server)).stdout) || unhealthy.why;
  throw new XnovuError(`${name} is not healthy after ${limitMs / 1000} s: ${explained}.${await logsOf(name, server)}`);
}

async function firstUnhealthy(
  release: number,
  restarts: Map<string, number>,
  server: Server,
): Promise<Unhealthy | undefined> {
  for (const role of roles) {
    const why = await reasonUnhealthy(release, role, restarts, server);
    if (why !== undefined) return { role, why };
  }
  return undefined;
}

/** Why a container is not healthy yet. `restarts`: its restart count at the first check. @throws XnovuError when it ended or has no health check. */
async function reasonUnhealthy(
  release: number,
  role: Role,
  restarts: Map<string, number>,
  server: Server,
): Promise<string | undefined> {
  const name = containerOf(release, role);
  const found = await inspect(name, server);
  if (found !== undefined && !restarts.has(name)) restarts.set(name, found.restarts);
  if (found === undefined || !found.running || found.restarts > (restarts.get(name) ?? 0))
    throw new XnovuError(`${name} ended (exit ${found?.exitCode ?? "unknown"}).${await logsOf(name, server)}`);
  if (found.check.length < 2) throw new XnovuError(`The image of ${titleOf(release)} has no health check`);
  const checked = await runOn(planCheck(name, found.check), server);
  return checked.ok
    ? undefined
    : lastLine(`${checked.stdout}\n${checked.stderr}`) || `its health check exits with ${checked.code}`;
}

async function logsOf(name: string, server: Server): Promise<string> {
  const logs = await runOn(planLogs(name), server);
  const text = `${logs.stdout}${logs.stderr}`.trim();
  return text === "" ? " It printed nothing." : ` Its last lines:\n${text}`;
}

/** Stops app and worker of a release. Returns a sentence for each that did not exit with 0: the worker releases its rows and exits with 0. */
export async function stopRelease(release: number, server: Server): Promise<string[]> {
  const names = roles.map((role) => containerOf(release, role));
  await mustRun(planStop(names), server);
  const ends = await Promise.all(names.map((name) => inspect(name, server)));
  return names.flatMap((name, index) => {
    const code = ends[index]?.exitCode;
    return code === 0 ? [] : [`${name} exited with ${code ?? "an unknown code"} instead of 0`];
  });
}

export interface Container {
  readonly name: string;
  readonly release: number;
  readonly running: boolean;
}

/** Every container of every release, including those of `docker compose run`. */
export async function containers(server: Server): Promise<Container[]> {
  return (await mustRun(planList(), server)).split("\n").flatMap((line) => {
    const [name = "", release = "", state = ""] = line.split("\t");
    return name === ""
      ? []
      : [{ name, release: Number(release), running: state === "running" || state === "restarting" }];
  });
}

/** Stops running containers with their own grace period, so that a worker releases its rows, then removes all. */
export async function removeContainers(found: readonly Container[], server: Server): Promise<void> {
  const running = found.filter(({ running }) => running).map(({ name }) => name);
  if (running.length > 0) await mustRun(planStop(running), server);
  if (found.length > 0) await mustRun(planRemove(found.map(({ name }) => name)), server);
}
