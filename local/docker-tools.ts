import { execFile } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { XnovuError } from "../core/errors.ts";
import { cacheFolder, fillOnce, platformName } from "./cache.ts";
import { startChild } from "./child.ts";
import { withLock } from "./lock.ts";

// The Docker tools that a machine without a Docker installation of its own builds once, from Go's module proxy.

interface Tool {
  readonly version: string;
  /** Go package of the program. */
  readonly package: string;
  /** A module that refuses `go install` is built from a module of its own that requires it. */
  readonly inModule?: boolean;
}

export const tools = {
  buildx: { version: "0.38.2", package: "github.com/docker/buildx/cmd/buildx" },
  buildkitd: { version: "0.34.2", package: "github.com/moby/buildkit/cmd/buildkitd", inModule: true },
  crane: { version: "0.22.1", package: "github.com/google/go-containerregistry/cmd/crane" },
} as const satisfies Record<string, Tool>;
export type ToolName = keyof typeof tools;

/** Path of a tool in the cache folder; built there when it is missing, which takes a minute or two. */
export async function dockerTool(name: ToolName, log: (line: string) => void = () => undefined): Promise<string> {
  const tool: Tool = tools[name];
  const folder = join(cacheFolder(), `${name}-${tool.version}-${platformName}`);
  const binary = join(folder, name);
  if (existsSync(binary)) return binary;
  await promisify(execFile)("go", ["version"]).catch(() => {
    throw new XnovuError(`${name} is not there, and Go to build it with is not installed`, {
      hint: "Install Go: https://go.dev/dl",
    });
  });
  mkdirSync(cacheFolder(), { recursive: true });
  await withLock(
    `${folder}.lock`,
    () => log(`${name} ${tool.version}: waiting for another build of it`),
    async () => {
      if (!existsSync(binary)) await fillOnce(folder, (temporary) => goBuild(name, tool, temporary, log));
    },
  );
  return binary;
}

async function goBuild(name: string, tool: Tool, folder: string, log: (line: string) => void): Promise<void> {
  log(`${name} ${tool.version}: building it by Go; this takes a minute or two, once`);
  const versioned = `${tool.package}@v${tool.version}`;
  if (!tool.inModule) return go(["install", versioned], folder);
  const module = join(folder, "module");
  mkdirSync(module);
  await go(["mod", "init", "tools"], module);
  await go(["get", "-tool", versioned], module);
  await go(["build", "-o", join(folder, name), tool.package], module);
}

async function go(args: readonly string[], folder: string): Promise<void> {
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" };
  const child = await startChild({ name: "go", file: "go", args, cwd: folder, env });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const { code, signal } = await child.exited;
  process.off("exit", end);
  if (code !== 0) throw new XnovuError(`go ${args.join(" ")} failed (${signal ?? `exit ${code}`}):\n${child.tail()}`);
}

/**
 * An environment in which `docker buildx` works: the one given where Docker has buildx already, otherwise one with a Docker
 * configuration folder in the cache that holds buildx as a plugin.
 */
export async function withBuildx(
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void = () => undefined,
): Promise<Readonly<Record<string, string | undefined>>> {
  const works = await promisify(execFile)("docker", ["buildx", "version"], { env: env as NodeJS.ProcessEnv }).then(
    () => true,
    () => false,
  );
  if (works) return env;
  const binary = await dockerTool("buildx", log);
  const folder = join(cacheFolder(), `docker-config-${tools.buildx.version}-${platformName}`);
  if (!existsSync(folder))
    await fillOnce(folder, async (temporary) => {
      mkdirSync(join(temporary, "cli-plugins"));
      symlinkSync(binary, join(temporary, "cli-plugins/docker-buildx"));
    });
  return { ...env, DOCKER_CONFIG: folder };
}
