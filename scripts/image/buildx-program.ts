import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../core/config/parse.ts";
import { dockerBuildx, type Program } from "./buildx.ts";

// Folders where the Docker CLI looks for plugins after the user's own (docker/cli, cli-plugins/manager/manager_unix.go).
const systemFolders = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"].map((folder) =>
  join(folder, "docker/cli-plugins"),
);

/**
 * The buildx client itself, the file that `docker buildx` runs, for work without an engine: starting the Docker CLI and querying its plugins takes
 * longer than bake takes to print. Falls back to `docker buildx` when the file is not in a usual folder, so that Docker reports what is missing.
 */
export function buildxProgram(env: Env): Program {
  const config = env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
  // Docker searches folders added by the user first, so it has to do the search.
  if (mentions(join(config, "config.json"), "cliPluginsExtraDirs")) return dockerBuildx;
  const files = [join(config, "cli-plugins"), ...systemFolders].map((folder) => join(folder, "docker-buildx"));
  const found = files.find((file) => existsSync(file));
  return found !== undefined && isExecutable(found) ? [found] : dockerBuildx;
}

function mentions(file: string, word: string): boolean {
  try {
    return readFileSync(file, "utf8").includes(word);
  } catch {
    return false;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
