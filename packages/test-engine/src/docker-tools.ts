import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fillOnce, platformName } from "xnovu/local/cache.ts";
import { type Log, output } from "./command.ts";
import { findTool } from "./tool-find.ts";
import { toolSpecs } from "./tool-specs.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * An environment in which `docker buildx` works without an engine: the one given where Docker has buildx already, otherwise one whose
 * Docker configuration is a folder in the cache with buildx as a plugin, which is built once (a minute or two).
 *
 * @throws EngineError when buildx cannot be had.
 */
export async function withBuildx(env: Env, log: Log = () => undefined): Promise<Env> {
  const works = await output("docker", ["buildx", "version"], { env: env as NodeJS.ProcessEnv }).then(
    () => true,
    () => false,
  );
  if (works) return env;
  const { "docker-buildx": binary = "" } = await findTool(toolSpecs.buildx, { log });
  const folder = join(cacheFolder(), `docker-config-buildx-${toolSpecs.buildx.version}-${platformName}`);
  if (!existsSync(folder))
    await fillOnce(folder, async (temporary) => {
      mkdirSync(join(temporary, "cli-plugins"));
      symlinkSync(binary, join(temporary, "cli-plugins/docker-buildx"));
    });
  return { ...env, DOCKER_CONFIG: folder };
}

/**
 * The program behind `docker compose`, which reads a file without an engine: an installed one that is new enough, else one that is built once
 * (a minute).
 *
 * @throws EngineError when it cannot be had.
 */
export async function composeProgram(log: Log = () => undefined): Promise<string> {
  const { "docker-compose": binary = "" } = await findTool(toolSpecs.compose, { log });
  return binary;
}
