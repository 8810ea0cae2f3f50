import { XnovuError } from "../../core/errors.ts";
import { faultOf, lastLine } from "../image/buildx.ts";
import type { Role } from "../image/container.ts";
import { containerOf, titleOf } from "./names.ts";
import { planCheck, planExplain, planInspect, planList, planLogs, planRemove, planStop } from "./plan.ts";
import { ask, must, poll, type Server } from "./server.ts";

const roles = ["app", "worker"] as const;

export interface Found {
  readonly running: boolean;
  readonly exitCode: number;
  readonly restarts: number;
  /** Docker's notation: `["CMD", …]` or `["CMD-SHELL", text]`; empty for an image without a check. */
  readonly check: readonly string[];
  /** By network. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Undefined when there is no such container. */
export async function inspect(name: string, server: Server): Promise<Found | undefined> {
  const ran = await ask(planInspect(name), server);
  if (!ran.ok && /no such container/i.test(ran.stderr)) return undefined;
  if (!ran.ok) throw faultOf("docker container inspect", ran);
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

interface Sick {
  readonly role: Role;
  readonly why: string;
}

/** Waits until both of a release are healthy. @throws XnovuError with the logs of the one that is not. */
export async function waitHealthy(release: number, limitMs: number, server: Server): Promise<void> {
  const restarts = new Map<string, number>();
  let sick: Sick | undefined;
  const probe = async () => {
    sick = await firstSick(release, restarts, server);
    return sick === undefined ? true : undefined;
  };
  if ((await poll(limitMs, probe, 1_000)) === true || sick === undefined) return;
  const name = containerOf(release, sick.role);
  const explained = lastLine((await ask(planExplain(name), server)).stdout) || sick.why;
  throw new XnovuError(`${name} is not healthy after ${limitMs / 1000} s: ${explained}.${await logsOf(name, server)}`);
}

async function firstSick(release: number, restarts: Map<string, number>, server: Server): Promise<Sick | undefined> {
  for (const role of roles) {
    const why = await sickness(release, role, restarts, server);
    if (why !== undefined) return { role, why };
  }
  return undefined;
}

/** Why it is not healthy yet. `restarts`: how often each had been restarted at the first look. @throws XnovuError when it never will be. */
async function sickness(
  release: number,
  role: Role,
  restarts: Map<string, number>,
  server: Server,
): Promise<string | undefined> {
  const name = containerOf(release, role);
  const found = await inspect(name, server);
  if (found !== undefined && !restarts.has(name)) restarts.set(name, found.restarts);
  if (found === undefined || !found.running || found.restarts > (restarts.get(name) ?? 0))
    throw new XnovuError(
      `${name} ended by itself (exit ${found?.exitCode ?? "unknown"}).${await logsOf(name, server)}`,
    );
  if (found.check.length < 2) throw new XnovuError(`The image of ${titleOf(release)} has no health check`);
  const checked = await ask(planCheck(name, found.check), server);
  return checked.ok
    ? undefined
    : lastLine(`${checked.stdout}\n${checked.stderr}`) || `its check ends with ${checked.code}`;
}

async function logsOf(name: string, server: Server): Promise<string> {
  const logs = await ask(planLogs(name), server);
  const text = `${logs.stdout}${logs.stderr}`.trim();
  return text === "" ? " It printed nothing." : ` Its last lines:\n${text}`;
}

/** Stops both of a release and says what did not end as it should: the worker gives back what it has, and ends with 0. */
export async function stopPair(release: number, server: Server): Promise<string[]> {
  const names = roles.map((role) => containerOf(release, role));
  await must(planStop(names), server);
  const ends = await Promise.all(names.map((name) => inspect(name, server)));
  return names.flatMap((name, index) => {
    const code = ends[index]?.exitCode;
    return code === 0 ? [] : [`${name} ended with ${code ?? "nobody knows what"} in place of 0`];
  });
}

export interface Container {
  readonly name: string;
  readonly release: number;
  readonly running: boolean;
}

/** Every container of every release, `docker compose run`'s included. */
export async function containers(server: Server): Promise<Container[]> {
  return (await must(planList(), server)).split("\n").flatMap((line) => {
    const [name = "", release = "", state = ""] = line.split("\t");
    return name === ""
      ? []
      : [{ name, release: Number(release), running: state === "running" || state === "restarting" }];
  });
}

/** Removes them; those that run are stopped in their own time before, so that a worker gives back what it has. */
export async function removeContainers(found: readonly Container[], server: Server): Promise<void> {
  const running = found.filter(({ running }) => running).map(({ name }) => name);
  if (running.length > 0) await must(planStop(running), server);
  if (found.length > 0) await must(planRemove(found.map(({ name }) => name)), server);
}
