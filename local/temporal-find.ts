import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { isExecutable } from "@xnovu/test-engine/tool-find";
import { messageOf, XnovuError } from "../core/errors.ts";
import { cacheFolder, platformName } from "./cache.ts";
import { buildTemporal } from "./temporal-build.ts";
import { downloadTemporal } from "./temporal-download.ts";

/** The newest release that both the official download and `go install` offer. Later ones do not work with `go install`. */
export const temporalVersion = "1.5.1";

export interface FindOptions {
  /** XNOVU_TEMPORAL_CLI. Used without a search; an error when it is not the CLI. */
  readonly explicitPath?: string;
  readonly cacheDir?: string;
  readonly path?: string;
  readonly log: (line: string) => void;
}

/** No Temporal CLI was found, downloaded or built. The message lists every attempt. */
export class TemporalNotFoundError extends XnovuError {
  constructor(tried: readonly string[]) {
    super(`No Temporal CLI was found. Tried:\n${tried.map((line) => `  ${line}`).join("\n")}`, {
      hint: "Install it (https://docs.temporal.io/cli, or `brew install temporal`), or set XNOVU_TEMPORAL_CLI to its path.",
    });
  }
}

type Source = () => Promise<string | undefined>;

/**
 * The path of a Temporal CLI. Sources in order: the explicit path, PATH, the cache, the official download, a build with Go.
 *
 * @throws TemporalNotFoundError
 */
export async function findTemporal(options: FindOptions): Promise<string> {
  const { explicitPath, log } = options;
  if (explicitPath) return explicit(explicitPath);
  const folder = join(options.cacheDir ?? cacheFolder(), `temporal-${temporalVersion}-${platformName}`);
  const sources: readonly (readonly [string, Source])[] = [
    ["PATH", () => onPath(options.path ?? process.env.PATH ?? "")],
    [`cache ${folder}`, async () => (existsSync(join(folder, "temporal")) ? join(folder, "temporal") : undefined)],
    ["official download", () => downloadTemporal(folder, temporalVersion, log)],
    ["go install", () => buildTemporal(folder, temporalVersion, log)],
  ];
  const tried: string[] = [];
  for (const [name, source] of sources) {
    try {
      const found = await source();
      if (found) return found;
      tried.push(`${name}: not found`);
    } catch (error) {
      tried.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new TemporalNotFoundError(tried);
}

async function explicit(path: string): Promise<string> {
  const problem = await problemOf(path);
  if (problem) throw new TemporalNotFoundError([`XNOVU_TEMPORAL_CLI=${path}: ${problem}`]);
  return path;
}

async function onPath(path: string): Promise<string | undefined> {
  const candidates = path.split(delimiter).map((folder) => join(folder || ".", "temporal"));
  const found = candidates.find(isExecutable);
  if (!found) return undefined;
  const problem = await problemOf(found);
  if (problem) throw new Error(`${found} is ${problem}`);
  return found;
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: 20_000 });
    return /^temporal version/i.test(stdout) ? undefined : "not the Temporal CLI";
  } catch (error) {
    return `not a program that runs (${messageOf(error)})`;
  }
}
