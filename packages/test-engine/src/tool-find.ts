import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheFolder, platformName } from "xnovu/local/cache.ts";
import { type Log, output } from "./command.ts";
import { EngineError } from "./errors.ts";
import { goBuild } from "./go-build.ts";
import type { ToolSpec } from "./tool-specs.ts";

// Where the Docker CLI itself looks for its plugins.
const pluginFolders = [
  join(homedir(), ".docker/cli-plugins"),
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];

export interface FindOptions {
  readonly log: Log;
  readonly cacheDir?: string;
  /** PATH and the folders of the Docker CLI's plugins when absent. */
  readonly folders?: readonly string[];
}

/** Each binary's name with its path. */
export type Binaries = Readonly<Record<string, string>>;

/**
 * The programs of a spec: installed ones when they are new enough, else the cached ones, else built by Go.
 *
 * @throws EngineError when none can be had.
 */
export async function findTool(spec: ToolSpec, options: FindOptions): Promise<Binaries> {
  const installed = await installedTool(spec, options.folders ?? [...pathFolders(), ...pluginFolders]);
  if (installed) return installed;
  const folder = join(options.cacheDir ?? cacheFolder(), `${spec.name}-${spec.version}-${platformName}`);
  const names = Object.keys(spec.packages);
  const cached = () => inFolder(folder, names);
  const found = cached();
  if (found) return found;
  if (!existsSync(folder)) await goBuild(spec, folder, options.log);
  const built = cached();
  if (built) return built;
  throw new EngineError(`${folder} lacks ${names.join(" or ")}`, { hint: "Delete that folder; it is made again." });
}

async function installedTool(spec: ToolSpec, folders: readonly string[]): Promise<Binaries | undefined> {
  for (const folder of folders) {
    const found = inFolder(folder, Object.keys(spec.packages));
    const [first] = Object.values(found ?? {});
    if (found && first && isAtLeast(await versionOf(first, spec.versionArgs), spec.minimum)) return found;
  }
  return undefined;
}

function inFolder(folder: string, names: readonly string[]): Binaries | undefined {
  const paths = names.map((name) => [name, join(folder, name)] as const);
  return paths.every(([, path]) => isExecutable(path)) ? Object.fromEntries(paths) : undefined;
}

const versionOf = (path: string, args: readonly string[]): Promise<string> =>
  output(path, args, { timeoutMs: 20_000 }).catch(() => "");

/** Whether the first x.y.z in a program's words is `minimum` or later. Words without one are not. */
export function isAtLeast(words: string, minimum: string): boolean {
  const found = numbers(words);
  if (!found) return false;
  const wanted = numbers(minimum) ?? [];
  const index = found.findIndex((number, i) => number !== wanted[i]);
  return index < 0 || (found[index] ?? 0) > (wanted[index] ?? 0);
}

const numbers = (text: string): number[] | undefined => /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);

/** The path of a program on PATH or in a system folder that a person's PATH may lack. */
export function onPath(name: string): string | undefined {
  return [...pathFolders(), "/usr/sbin", "/sbin"].map((folder) => join(folder, name)).find(isExecutable);
}

const pathFolders = (): string[] => (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
