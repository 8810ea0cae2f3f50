import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type Child, startChild, waitReady } from "xnovu/local/child.ts";
import { output } from "./command.ts";
import { startIsolated } from "./isolated.ts";
import type { EngineNetwork } from "./network.ts";

export interface DaemonOptions {
  /** The engine's folder. */
  readonly dir: string;
  readonly network: EngineNetwork;
  readonly env: NodeJS.ProcessEnv;
}

export const dockerSocket = (dir: string): string => join(dir, "docker.sock");
export const buildkitSocket = (dir: string): string => join(dir, "buildkit.sock");

/**
 * Starts dockerd. The machine's packet filter and forwarding stay untouched: ports are mapped by Docker's own proxy
 * processes, and containers reach the machine at the gateway but not the world beyond it.
 */
export async function startDockerd(file: string, { dir, network, env }: DaemonOptions): Promise<Child> {
  const settings = {
    "data-root": join(dir, "docker"),
    "exec-root": join(dir, "exec"),
    pidfile: join(dir, "docker.pid"),
    hosts: [`unix://${dockerSocket(dir)}`],
    bridge: network.name,
    iptables: false,
    ip6tables: false,
    "ip-masq": false,
    "userland-proxy": true,
    "host-gateway-ip": network.gateway,
    "default-address-pools": [{ base: network.pool, size: 28 }],
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": `/${network.name}`,
  };
  const config = join(dir, "daemon.json");
  writeFileSync(config, JSON.stringify(settings, undefined, 2));
  const child = await startIsolated({ name: "dockerd", file, args: ["--config-file", config], env });
  await whenReady(child, () => ping(dockerSocket(dir)));
  return child;
}

function ping(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/_ping" }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`answers ${response.statusCode}`));
    });
    asked.once("error", reject);
    asked.end();
  });
}

/** Starts buildkitd. Its steps use the machine's network, so that they can install packages. */
export async function startBuildkitd(file: string, buildctl: string, options: DaemonOptions): Promise<Child> {
  const { dir, network, env } = options;
  const config = join(dir, "buildkitd.toml");
  const socket = `unix://${buildkitSocket(dir)}`;
  // Registries on 127.0.0.1 are spoken to without TLS by themselves.
  const text = `root = "${join(dir, "buildkit")}"
[grpc]
  address = ["${socket}"]
[worker.oci]
  snapshotter = "overlayfs"
  networkMode = "host"
  defaultCgroupParent = "${network.name}"
[worker.containerd]
  enabled = false
`;
  writeFileSync(config, text);
  const child = await startIsolated({ name: "buildkitd", file, args: ["--config", config], env });
  await whenReady(child, () => output(buildctl, ["--addr", socket, "debug", "workers"]));
  return child;
}

/** A daemon that does not become ready is not left running. */
async function whenReady<T>(child: Child, probe: () => Promise<T>): Promise<T> {
  try {
    return await waitReady(child, probe, { limitMs: 60_000, everyMs: 100 });
  } catch (error) {
    await child.stop({ signal: "SIGKILL" });
    throw error;
  }
}

export interface Registry {
  readonly child: Child;
  /** 127.0.0.1:PORT */
  readonly host: string;
}

/** Starts an OCI registry on a free port of 127.0.0.1, without TLS and accounts. It dies with this process. */
export async function startRegistry(crane: string, dir: string, env: NodeJS.ProcessEnv): Promise<Registry> {
  const disk = join(dir, "registry");
  mkdirSync(disk);
  const serve = ["registry", "serve", "--address", "127.0.0.1:0", "--disk", disk];
  const args = ["--pdeathsig", "KILL", crane, ...serve];
  const child = await startChild({ name: "registry", file: "setpriv", args, env });
  const port = () => /serving on port (\d+)/.exec(child.tail())?.[1];
  const host = async () => {
    const found = port();
    if (!found) throw new Error("it has not printed its port yet");
    return `127.0.0.1:${found}`;
  };
  return { child, host: await whenReady(child, host) };
}
