import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { messageOf, XnovuError } from "../core/errors.ts";
import { sleep } from "../core/time.ts";

export interface ChildOptions {
  /** Short name for log lines and error messages. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** Receives each line of stdout and stderr, prefixed with `[name] `. */
  readonly sink?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StopOptions {
  /** First signal, sent only to the process, which then ends its own children. SIGTERM when absent. */
  readonly signal?: NodeJS.Signals;
  /** Milliseconds until the whole group is killed. 10,000 when absent. */
  readonly limitMs?: number;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Undefined while the process runs. */
  exit(): Exit | undefined;
  /** The last lines of output, for error messages. A Go program's panic, which a long stack follows, is kept before them. */
  tail(): string;
  kill(signal: NodeJS.Signals): void;
  /** Stops the process and everything left of its group. Calling it again waits for the same end. */
  stop(options?: StopOptions): Promise<Exit>;
}

/** A process ended or did not become ready in time. */
export class NotReadyError extends XnovuError {}

const tailLines = 40;
/** A Go program prints this before its stack when it panics. */
const panicLine = /^(panic|fatal error): /;

/**
 * Starts a process as the leader of its own group: a Ctrl-C in the terminal reaches only the caller, which stops its children in order, and `stop`
 * also reaches grandchildren.
 *
 * @throws XnovuError when the program cannot be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, file, args, sink } = options;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    uid: options.uid,
    gid: options.gid,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<Exit>((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const kept = keepTail(child, (line) => sink?.(`[${name}] ${line}`));
  const pid = await started(child, options);

  const exit = () => (child.exitCode === null && child.signalCode === null ? undefined : endOf(child));
  let stopping: Promise<Exit> | undefined;
  return {
    name,
    pid,
    exited,
    exit,
    tail: () => kept.join("\n"),
    kill: (signal) => void child.kill(signal),
    stop: (how) => {
      stopping ??= stopGroup(pid, exit() !== undefined, exited, how);
      return stopping;
    },
  };
}

const endOf = (child: ChildProcess): Exit => ({ code: child.exitCode, signal: child.signalCode });

function started(child: ChildProcess, { name, file }: ChildOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child.pid ?? 0));
    child.once("error", (cause) => reject(new XnovuError(`Cannot start ${name} (${file})`, { cause })));
  });
}

function keepTail(child: ChildProcess, each: (line: string) => void): string[] {
  const kept: string[] = [];
  const read = (stream: Readable | null) => {
    if (!stream) return;
    createInterface({ input: stream }).on("line", (line) => {
      kept.push(line);
      if (kept.length > tailLines)
        kept.splice(
          kept.findIndex((old) => !panicLine.test(old)),
          1,
        );
      each(line);
    });
  };
  read(child.stdout);
  read(child.stderr);
  return kept;
}

async function stopGroup(pid: number, ended: boolean, exited: Promise<Exit>, how: StopOptions = {}): Promise<Exit> {
  const limitMs = how.limitMs ?? 10_000;
  if (!ended) signalTo(pid, how.signal ?? "SIGTERM");
  const timer = new AbortController();
  await Promise.race([exited, sleep(limitMs, timer.signal)]);
  timer.abort();
  // Its children had the same time to end, so what is left is an orphan.
  signalTo(-pid, "SIGKILL");
  return exited;
}

/** Sends a signal to a process, or to a group when `pid` is negative. False when it does not exist. */
export function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

export interface ReadyOptions {
  /** Milliseconds. */
  readonly limitMs: number;
  /** Milliseconds between two probes. 50 when absent. */
  readonly everyMs?: number;
}

/**
 * Repeats `probe` until it does not throw, and returns its result.
 *
 * @throws NotReadyError with the process's last lines when it ended or the time limit passed.
 */
export async function waitReady<T>(child: Child, probe: () => Promise<T>, options: ReadyOptions): Promise<T> {
  const end = Date.now() + options.limitMs;
  for (;;) {
    const attempt = await probe().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ("value" in attempt) return attempt.value;
    const exit = child.exit();
    if (exit) throw notReady(`${child.name} ended (${exit.signal ?? `exit ${exit.code}`}) before it was ready`, child);
    if (Date.now() >= end)
      throw notReady(`${child.name} is not ready after ${options.limitMs} ms (${messageOf(attempt.error)})`, child);
    await sleep(options.everyMs ?? 50);
  }
}

const notReady = (message: string, child: Child) =>
  new NotReadyError(`${message}.${child.tail() ? ` Its last lines:\n${child.tail()}` : ""}`);
