import { XnovuError } from "../../core/errors.ts";
import { identityOf } from "../../core/process-identity.ts";
import { signalTo } from "../child.ts";
import type { PartRecord } from "./state.ts";

/** What takes work stops before what it works with. */
export const stopOrder = ["worker", "app", "novu", "temporal", "postgres"] as const;
export type PartName = (typeof stopOrder)[number];

export interface Part {
  readonly name: PartName;
  readonly pid: number;
  readonly stop: () => Promise<unknown>;
}

export interface CrewOptions {
  readonly say: (line: string) => void;
  /** The last lines of a part. */
  readonly tail: (name: PartName) => string;
  /** Called whenever the list of processes changes. */
  readonly record: (parts: readonly PartRecord[]) => void;
  /** Waits before the restarts of one part; when they are used up the stack ends. */
  readonly restartDelaysMs?: readonly number[];
}

/** A part ran this long: its earlier failures are forgiven. */
const steadyMs = 120_000;
const lookEveryMs = 200;

export interface Crew {
  /** From now on the part is stopped with the others. Stops it at once when they are being stopped already. */
  add(part: Part): Promise<void>;
  /** From now on the part's end is noticed: `revive` starts it again, without it the stack ends. */
  watch(name: PartName, revive?: () => Promise<void>): void;
  /** Rejects when a part stays down. Never resolves. */
  readonly lost: Promise<never>;
  /** Stops everything in order. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

interface Watched {
  readonly revive: (() => Promise<void>) | undefined;
  failures: number;
  since: number;
  busy: boolean;
}

/** Keeps the stack's processes: which there are, whether they run, and their end in order. */
export function createCrew(options: CrewOptions): Crew {
  const { say, tail } = options;
  const delays = options.restartDelaysMs ?? [500, 2_000, 5_000];
  const parts = new Map<PartName, Part>();
  const watched = new Map<PartName, Watched>();
  let stopping: Promise<void> | undefined;
  let lose: (error: XnovuError) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  // Whoever waits for it gets it; nobody waiting is no fault of its own.
  lost.catch(() => undefined);

  const record = () =>
    options.record(
      stopOrder.flatMap((name) => {
        const identity = identityOf(parts.get(name)?.pid ?? -1);
        return identity === undefined ? [] : [{ name, ...identity }];
      }),
    );
  const look = setInterval(() => {
    if (stopping !== undefined) return;
    for (const [name, watch] of watched) {
      const part = parts.get(name);
      if (part !== undefined && !watch.busy && !signalTo(part.pid, 0)) void ended(name, watch);
    }
  }, lookEveryMs);

  async function ended(name: PartName, watch: Watched): Promise<void> {
    watch.busy = true;
    const lines = tail(name);
    const said = `${name} has ended by itself.${lines ? ` Its last lines:\n${lines}` : ""}`;
    if (Date.now() - watch.since > steadyMs) watch.failures = 0;
    const delay = watch.revive === undefined ? undefined : delays[watch.failures];
    if (watch.revive === undefined || delay === undefined) {
      const more = watch.revive === undefined ? "" : ` It was started again ${delays.length} times.`;
      return lose(new XnovuError(`${said}${more}`, { hint: "The whole stack stops now." }));
    }
    watch.failures++;
    say(`${said}\nStarting it again in ${delay / 1000} s (${watch.failures} of ${delays.length}).`);
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (stopping !== undefined) return;
    watch.since = Date.now();
    // A start that fails leaves a dead process, which the next look finds.
    await watch
      .revive()
      .catch((error: unknown) => say(`${name}: ${error instanceof Error ? error.message : String(error)}`));
    watch.busy = false;
  }

  /** For a process that leaves at once: a fault nobody caught, or a second Ctrl-C while the first is being obeyed. */
  const onExit = () => {
    const force = stopping !== undefined;
    for (const { name, pid } of parts.values()) {
      if (name === "postgres") signalTo(pid, force ? "SIGQUIT" : "SIGINT");
      else signalTo(force ? -pid : pid, force ? "SIGKILL" : "SIGTERM");
    }
  };
  process.once("exit", onExit);

  async function stopAll(): Promise<void> {
    clearInterval(look);
    for (const name of stopOrder) {
      const part = parts.get(name);
      if (part === undefined) continue;
      const begin = Date.now();
      await part.stop();
      parts.delete(name);
      say(`✔ ${name} stopped (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    }
    process.off("exit", onExit);
  }

  return {
    async add(part) {
      if (stopping !== undefined) return void (await part.stop());
      parts.set(part.name, part);
      record();
    },
    watch(name, revive) {
      const known = watched.get(name);
      if (known === undefined) watched.set(name, { revive, failures: 0, since: Date.now(), busy: false });
    },
    lost,
    stop: () => (stopping ??= stopAll()),
  };
}
