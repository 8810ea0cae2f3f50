import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { XnovuError } from "../core/errors.ts";
import { sourcesHash } from "./app-sources.ts";
import { startChild } from "./child.ts";
import { withLock } from "./lock.ts";

export interface AppBuild {
  /** Run it with Node. Set `PORT` (Next's default is 3000), and `HOSTNAME` to listen on one address only. */
  readonly serverPath: string;
  /** False when the sources have not changed since the last build. */
  readonly built: boolean;
}

/**
 * Builds the app into `.next` of `root` unless the build there is up to date. A build takes about 20 s and needs no network and no settings. Two
 * concurrent callers make one build.
 *
 * @throws XnovuError with the end of Next's output when the build fails.
 */
export async function ensureAppBuild(root: string, log: (line: string) => void = () => undefined): Promise<AppBuild> {
  const serverPath = join(root, ".next/standalone/server.js");
  // Not in .next, which Next empties when it builds.
  const lock = join(root, "node_modules/.cache/xnovu/app-build.lock");
  return withLock(
    lock,
    () => log("another process is building the app"),
    async () => {
      const hash = sourcesHash(root);
      if (existsSync(serverPath) && builtFrom(root) === hash) return { serverPath, built: false };
      await build(root, log);
      complete(root);
      writeFileSync(markPath(root), hash);
      return { serverPath, built: true };
    },
  );
}

const markPath = (root: string): string => join(root, ".next/xnovu-sources");
const builtFrom = (root: string): string =>
  existsSync(markPath(root)) ? readFileSync(markPath(root), "utf8") : "nothing";

async function build(root: string, log: (line: string) => void): Promise<void> {
  rmSync(markPath(root), { force: true });
  const child = await startChild({
    name: "next build",
    file: process.execPath,
    args: [join(root, "node_modules/next/dist/bin/next"), "build"],
    cwd: root,
    env: buildEnv(process.env),
    sink: log,
  });
  const { code, signal } = await child.exited;
  if (code !== 0) throw new XnovuError(`The app's build failed (${signal ?? `exit ${code}`}):\n${child.tail()}`);
}

/** Without the project's settings: a build must not depend on the machine. */
export function buildEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "TMPDIR", "TEMP", "SystemRoot", "XNOVU_BUILD_ID"].flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]]],
  );
  return { ...Object.fromEntries(kept), NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
}

/** Copies the files that Next's standalone folder lacks. */
function complete(root: string): void {
  const standalone = join(root, ".next/standalone");
  cpSync(join(root, ".next/static"), join(standalone, ".next/static"), { recursive: true });
  if (existsSync(join(root, "public"))) cpSync(join(root, "public"), join(standalone, "public"), { recursive: true });
  // Next copies .env files. They hold secrets of this machine, and a server that reads them would hide a missing setting.
  for (const name of readdirSync(standalone)) if (name.startsWith(".env")) rmSync(join(standalone, name));
}
