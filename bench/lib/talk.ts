import { fork } from "node:child_process";

export interface Talking<Command, Report extends { readonly kind: string }> {
  readonly pid: number;
  send(command: Command): void;
  /** The next report of that kind; rejects when the process ends first. */
  next<K extends Report["kind"]>(kind: K): Promise<Extract<Report, { kind: K }>>;
  /** Ends the process and waits for it. */
  end(): Promise<void>;
}

export interface TalkingOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
}

/** Starts a TypeScript file as a process that is spoken to by messages. Its stderr goes to ours, its stdout (logs) nowhere. */
export function startTalking<Command extends object, Report extends { readonly kind: string }>(
  file: string,
  { args = [], env = process.env, execArgv = ["--import", "tsx"] }: TalkingOptions = {},
): Talking<Command, Report> {
  const child = fork(file, [...args], { env, execArgv: [...execArgv], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const waiting = new Map<string, { resolve: (report: Report) => void; reject: (error: Error) => void }[]>();
  child.on("message", (report: Report) => waiting.get(report.kind)?.shift()?.resolve(report));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("exit", (code, signal) => {
    const error = new Error(`${file} ended (${signal ?? code})`);
    for (const { reject } of [...waiting.values()].flat()) reject(error);
  });
  return {
    pid: child.pid ?? 0,
    send: (command) => void child.send(command),
    next: <K extends Report["kind"]>(kind: K) =>
      new Promise<Extract<Report, { kind: K }>>((resolve, reject) => {
        const queue = waiting.get(kind) ?? [];
        // Kept below its own kind, so a report that comes here has it.
        queue.push({ resolve: (report) => resolve(report as Extract<Report, { kind: K }>), reject });
        waiting.set(kind, queue);
      }),
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      const limit = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(limit);
    },
  };
}
