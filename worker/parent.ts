import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, secretsOf } from "../core/config/parse.ts";
import { exitCodes, XnovuError } from "../core/errors.ts";
import { createLogger } from "../core/log.ts";
import { parentPidFile, removePidFile, writePidFile } from "../core/pid-file.ts";
import { backoffMs } from "../core/retry.ts";
import { sleep } from "../core/time.ts";

// The parent of a detached worker: starts it, restarts it when it fails, gives up after the limit, and forwards the stop signal.

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Exits that a restart does not change: wrong usage, bad settings. */
const isFinal = ({ code }: Exit): boolean => code === exitCodes.usage || code === exitCodes.settings;

async function main(): Promise<number> {
  const settings = parse(process.env, ["general", "worker"]);
  const { restartLimit, restartWindowMs, healthPort } = settings.worker;
  const log = createLogger({
    name: "worker-parent",
    level: settings.general.logLevel,
    secrets: secretsOf(process.env),
  });
  const pidFile = parentPidFile(settings.general.stateDir, healthPort);
  writePidFile(pidFile);

  const stopping = new AbortController();
  let child: ReturnType<typeof spawn> | undefined;
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(name, () => {
      stopping.abort();
      child?.kill(name);
    });

  let failures: number[] = [];
  for (;;) {
    const source = fileURLToPath(new URL("./main.ts", import.meta.url));
    const args = existsSync(source)
      ? ["--import", "tsx", source]
      : [fileURLToPath(new URL("./main.js", import.meta.url))];
    child = spawn(process.execPath, args, { stdio: "inherit" });
    const exit = await new Promise<Exit>((resolve) => child?.once("exit", (code, signal) => resolve({ code, signal })));
    const code = exit.code ?? exitCodes.failed;
    if (stopping.signal.aborted || code === exitCodes.ok || isFinal(exit)) return end(code);
    const now = Date.now();
    failures = [...failures.filter((at) => now - at < restartWindowMs), now];
    log.warn({ ...exit, failures: failures.length, limit: restartLimit }, "the worker exited");
    if (failures.length > restartLimit) {
      log.fatal({ windowMs: restartWindowMs }, "the worker failed too often and is not restarted");
      return end(code);
    }
    await sleep(200 + backoffMs(failures.length, { baseMs: 500, maxMs: 15_000 }), stopping.signal);
    if (stopping.signal.aborted) return end(exitCodes.ok);
  }

  function end(code: number): number {
    removePidFile(pidFile);
    return code;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof XnovuError ? error.message : String(error)}\n`);
    process.exit(error instanceof XnovuError ? error.exitCode : exitCodes.failed);
  },
);
