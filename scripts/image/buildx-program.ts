import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../core/config/parse.ts";
import { dockerBuildx, type Program } from "./buildx.ts";

// Where the Docker CLI looks for its plugins after the user's own folder (docker/cli, cli-plugins/manager/manager_unix.go).
const systemFolders = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"].map((folder) =>
  join(folder, "docker/cli-plugins"),
);

/**
 * The buildx client by itself, the same file that `docker buildx` runs, for work that needs no engine: the Docker CLI takes longer to start and to
 * ask its plugins than bake takes to print. `docker buildx` where it is not found in the usual place, so that Docker says what is missing.
 */
export function buildxProgram(env: Env): Program {
  const config = env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
  // Folders that the user has added come first for Docker; it is asked itself then.
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
