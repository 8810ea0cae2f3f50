import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Log } from "./command.ts";
import { aptInstall } from "./debian.ts";
import { EngineError } from "./errors.ts";
import { type Binaries, findTool, onPath } from "./tool-find.ts";
import { toolSpecs } from "./tool-specs.ts";

/** The path of every program that the engine runs, by name. */
export interface Tools {
  readonly dockerd: string;
  readonly docker: string;
  readonly binaries: Binaries;
}

/**
 * Finds, installs or builds every program. The first time on a machine takes minutes, later ones milliseconds.
 *
 * @throws EngineError that says which one is missing and what to install.
 */
export async function engineTools(log: Log): Promise<Tools> {
  await requireDaemons(log);
  const binaries: Record<string, string> = {};
  // One after the other: each Go build takes all cores and much memory.
  for (const spec of Object.values(toolSpecs)) Object.assign(binaries, await findTool(spec, { log }));
  return { dockerd: required("dockerd"), docker: required("docker"), binaries };
}

async function requireDaemons(log: Log): Promise<void> {
  const missing = ["dockerd", "docker", "containerd", "runc"].filter((name) => !onPath(name));
  if (missing.length > 0) await aptInstall(["docker.io", "iproute2"], `Docker Engine (${missing.join(", ")})`, log);
  if (!onPath("ip")) await aptInstall(["iproute2"], "ip of iproute2", log);
  // Containers find each other by name through rules in their own network.
  if (!onPath("iptables")) await aptInstall(["iptables"], "iptables", log);
}

function required(name: string): string {
  const path = onPath(name);
  if (!path) throw new EngineError(`${name} is not on PATH`, { hint: "Install Docker Engine (Debian: docker.io)." });
  return path;
}

/** Folders below `dir` for one engine: its Docker configuration with the plugins, and a `bin` for PATH. Nobody's own ~/.docker is touched. */
export function layTools(dir: string, { docker, binaries }: Tools): { readonly config: string; readonly path: string } {
  const config = join(dir, "config");
  const bin = join(dir, "bin");
  const plugins = join(config, "cli-plugins");
  for (const folder of [bin, plugins]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(config, "config.json"), "{}\n");
  for (const [name, path] of Object.entries({ ...binaries, docker })) symlinkSync(path, join(bin, name));
  for (const name of ["docker-buildx", "docker-compose"]) symlinkSync(binaries[name] ?? "", join(plugins, name));
  return { config, path: `${bin}${delimiter}${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin` };
}
