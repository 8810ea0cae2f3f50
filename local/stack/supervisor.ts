import { messageOf, XnovuError } from "../../core/errors.ts";
import { identityOf } from "../../core/process-identity.ts";
import { sleep } from "../../core/time.ts";
import { signalTo } from "../child.ts";
import type { PartRecord } from "./state.ts";

/** What takes work stops before the servers that it works with. */
export const stopOrder = ["worker", "app", "novu", "temporal", "postgres"] as const;
export type PartName = (typeof stopOrder)[number];

export interface Part {
  readonly name: PartName;
  readonly pid: number;
  readonly stop: () => Promise<unknown>;
}

export interface SupervisorOptions {
  /** Prints a line about the stack. */
  readonly note: (line: string) => void;
  /** The last log lines of a part. */
  readonly tail: (name: PartName) => string;
  /** Called whenever the list of processes changes. */
  readonly record: (parts: readonly PartRecord[]) => void;
  /** Delays before the restarts of one part. When they are used up, the stack stops. */
  readonly restartDelaysMs?: readonly number[];
}

/** After running this long, a part's earlier failures no longer count. */
const steadyMs = 120_000;
const checkEveryMs = 200;

type Start = () => Promise<void>;

export interface Supervisor {
  /** From now on `stop` includes the part. Stops it at once when the supervisor is already stopping. */
  add(part: Part): Promise<void>;
  /** From now on the supervisor notices when the part ends: `restart` starts it again; without it the stack stops. */
  watch(name: PartName, restart?: Start): void;
  /** Rejects when a part stays down. Never resolves. */
  readonly lost: Promise<never>;
  /** Stops all parts in order. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

/** Supervises the stack's processes: records them, restarts those that end, and stops them in order. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { note, record } = options;
  const parts = new Map<PartName, Part>();
  let stopping: Promise<void> | undefined;
  const watcher = createWatcher(parts, options, () => stopping !== undefined);

  /** For a process that exits at once: an uncaught error, or a second Ctrl-C during a stop. */
  const onExit = () => killAll(parts.values(), stopping !== undefined);
  process.once("exit", onExit);

  async function stopAll(): Promise<void> {
    watcher.close();
    for (const name of stopOrder) {
      const part = parts.get(name);
      if (part === undefined) continue;
      const begin = Date.now();
      await part.stop();
      parts.delete(name);
      note(`✔ ${name} stopped (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    }
    process.off("exit", onExit);
  }

  return {
    async add(part) {
      if (stopping !== undefined) return void (await part.stop());
      parts.set(part.name, part);
      record(recordsOf(parts));
    },
    watch: watcher.watch,
    lost: watcher.lost,
    stop: () => (stopping ??= stopAll()),
  };
}

const recordsOf = (parts: ReadonlyMap<PartName, Part>): PartRecord[] =>
  stopOrder.flatMap((name) => {
    const identity = identityOf(parts.get(name)?.pid ?? -1);
    return identity === undefined ? [] : [{ name, ...identity }];
  });

function killAll(parts: Iterable<Part>, force: boolean): void {
  for (const { name, pid } of parts) {
    if (name === "postgres") signalTo(pid, force ? "SIGQUIT" : "SIGINT");
    else signalTo(force ? -pid : pid, force ? "SIGKILL" : "SIGTERM");
  }
}

interface Watched {
  readonly restart: Start | undefined;
  failures: number;
  since: number;
  busy: boolean;
}

interface Watcher extends Pick<Supervisor, "watch" | "lost"> {
  close(): void;
}

function createWatcher(
  parts: ReadonlyMap<PartName, Part>,
  { note, tail, restartDelaysMs: delays = [500, 2_000, 5_000] }: SupervisorOptions,
  isStopping: () => boolean,
): Watcher {
  const watched = new Map<PartName, Watched>();
  let lose: (error: XnovuError) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  // Prevents an unhandled rejection while nobody waits for it.
  lost.catch(() => undefined);

  const timer = setInterval(() => {
    if (isStopping()) return;
    for (const [name, watch] of watched) {
      const part = parts.get(name);
      if (part !== undefined && !watch.busy && !signalTo(part.pid, 0)) void onEnd(name, watch);
    }
  }, checkEveryMs);

  async function onEnd(name: PartName, watch: Watched): Promise<void> {
    watch.busy = true;
    const lines = tail(name);
    const message = `${name} has ended unexpectedly.${lines ? ` Its last lines:\n${lines}` : ""}`;
    if (Date.now() - watch.since > steadyMs) watch.failures = 0;
    const { restart } = watch;
    const delay = delays[watch.failures];
    if (restart === undefined || delay === undefined) {
      const restarts = restart === undefined ? "" : ` It was restarted ${delays.length} times.`;
      return lose(new XnovuError(`${message}${restarts}`, { hint: "The whole stack stops now." }));
    }
    watch.failures++;
    note(`${message}\nRestarting it in ${delay / 1000} s (${watch.failures} of ${delays.length}).`);
    await sleep(delay);
    if (isStopping()) return;
    watch.since = Date.now();
    // A failed start leaves a dead process, which the next check finds.
    await restart().catch((error: unknown) => note(`${name}: ${messageOf(error)}`));
    watch.busy = false;
  }

  return {
    watch(name, restart) {
      if (!watched.has(name)) watched.set(name, { restart, failures: 0, since: Date.now(), busy: false });
    },
    lost,
    close: () => clearInterval(timer),
  };
}
