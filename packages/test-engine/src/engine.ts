import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Child } from "xnovu/local/child.ts";
import { cleanDeadEngines, cleanEngine, markFile } from "./clean.ts";
import { type Log, output } from "./command.ts";
import {
  buildkitSocket,
  type DaemonOptions,
  dockerSocket,
  startBuildkitd,
  startDockerd,
  startRegistry,
} from "./daemons.ts";
import { EngineError, NoEngineHereError } from "./errors.ts";
import { type Forward, forward } from "./forward.ts";
import { hostProblem } from "./host.ts";
import { stopIsolated } from "./isolated.ts";
import { claimNetwork, type EngineNetwork } from "./network.ts";
import { engineTools, layTools, type Tools } from "./tools.ts";

/** What another process needs to use a running engine. */
export interface EngineAddress {
  /** unix://… */
  readonly dockerHost: string;
  /** The buildx builder, selected by `env` already. */
  readonly builderName: string;
  /** DOCKER_HOST, DOCKER_CONFIG, BUILDX_BUILDER, and PATH with docker, crane and buildctl: spread it over process.env. */
  readonly env: Readonly<Record<string, string>>;
  /** An empty OCI registry without TLS and accounts. */
  readonly registry: { readonly host: string };
  /** The machine's address as containers see it; `host.docker.internal:host-gateway` is the same. */
  readonly gateway: string;
}

export interface Engine extends EngineAddress {
  /** Lets containers reach a server on this machine's 127.0.0.1:`port`: at the gateway's same port, or another one where that is taken. */
  expose(port: number): Promise<Forward>;
  /** Ends every container and daemon and removes all files, mounts, network devices and control groups. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** A folder of the engine's own with a short path: missing or empty, and removed by `stop`. */
  readonly dir: string;
  /** Progress for people. */
  readonly log: Log;
}

const builderName = "xnovu";
const addressFile = "engine.json";
// A socket's path holds 107 bytes, and containerd adds `/exec/containerd/containerd.sock.ttrpc`.
const longestDir = 66;

/**
 * Starts a Docker engine, BuildKit as its buildx builder, and a registry, apart from any engine that the machine has.
 * Takes about three seconds when the tools are there. It dies with this process, also when that is killed; what is
 * left of a killed one is removed by the next start.
 *
 * @throws NoEngineHereError where the machine cannot run one; EngineError when a part cannot be had or does not start.
 */
export async function startEngine({ dir: given, log }: EngineOptions): Promise<Engine> {
  const problem = await hostProblem();
  if (problem) throw new NoEngineHereError(`This machine cannot run a Docker engine: ${problem}`);
  const tools = await engineTools(log);
  await cleanDeadEngines(log);
  const dir = takeFolder(given);
  const network = await claimNetwork(dir);
  writeFileSync(join(dir, markFile), `${network.name}\n`);
  const children: Child[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(children, dir, network);
    return stopped;
  };
  try {
    const address = await startParts(dir, network, tools, children);
    writeFileSync(join(dir, addressFile), JSON.stringify(address));
    return { ...address, expose: (port) => forward(network.gateway, port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The engine that another process has started in a folder. Its `stop` leaves it running. */
export function joinEngine(dir: string): Engine {
  const path = join(dir, addressFile);
  if (!existsSync(path)) throw new EngineError(`No engine runs in ${dir}`);
  // Written by startEngine above, of the same version.
  const address = JSON.parse(readFileSync(path, "utf8")) as EngineAddress;
  return { ...address, expose: (port) => forward(address.gateway, port), stop: async () => undefined };
}

function takeFolder(given: string): string {
  const dir = resolve(given);
  if (Buffer.byteLength(dir) > longestDir)
    throw new EngineError(`The engine's folder has too long a path for sockets in it: ${dir}`, {
      hint: `Choose one of at most ${longestDir} bytes, such as /tmp/engine.`,
    });
  mkdirSync(dir, { recursive: true });
  if (readdirSync(dir).length > 0) throw new EngineError(`The engine's folder is not empty: ${dir}`);
  return dir;
}

async function startParts(
  dir: string,
  network: EngineNetwork,
  tools: Tools,
  children: Child[],
): Promise<EngineAddress> {
  const { config, path } = layTools(dir, tools);
  const dockerHost = `unix://${dockerSocket(dir)}`;
  const env = { DOCKER_HOST: dockerHost, DOCKER_CONFIG: config, BUILDX_BUILDER: builderName, PATH: path };
  const options: DaemonOptions = { dir, network, env: { ...process.env, ...env } };
  const { buildkitd = "", buildctl = "", crane = "" } = tools.binaries;
  const keep = async (start: Promise<Child>) => void children.push(await start);
  const registry = startRegistry(crane, dir, options.env);
  const started = await Promise.allSettled([
    keep(registry.then(({ child }) => child)),
    keep(startDockerd(tools.dockerd, options)),
    keep(startBuildkitd(buildkitd, buildctl, options)),
  ]);
  for (const part of started) if (part.status === "rejected") throw part.reason;
  const create = ["buildx", "create", "--name", builderName, "--driver", "remote", `unix://${buildkitSocket(dir)}`];
  await output(tools.docker, create, { env: { ...process.env, ...env, BUILDX_BUILDER: "" } });
  return { dockerHost, builderName, env, registry: { host: (await registry).host }, gateway: network.gateway };
}

async function stopAll(children: readonly Child[], dir: string, network: EngineNetwork): Promise<void> {
  // Containers get no grace period here: a test that checks how one stops has stopped it before.
  const stopOne = (child: Child) => (child.name === "registry" ? child.stop() : stopIsolated(child));
  await Promise.all(children.map(stopOne));
  await cleanEngine(dir, network);
}
