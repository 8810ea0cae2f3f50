import { messageOf } from "../../core/errors.ts";
import { backoffMs } from "../../core/retry.ts";
import { sleep } from "../../core/time.ts";

/** `found`: there may be more rows, so the next poll starts at once. */
export type PollResult = "found" | "idle";

export interface LoopStats {
  readonly intervalMs: number;
  readonly polls: number;
  readonly errors: number;
  readonly found: number;
  /** ISO 8601. */
  readonly lastPollAt: string | null;
  readonly lastPollMs: number | null;
  readonly lastError: string | null;
  /** Milliseconds since the current poll started, or since the loop waits for a delivery. It grows without bound if one of them hangs. */
  readonly ageMs: number;
  readonly waiting:
    | "for its interval or a wake-up"
    | "to be allowed to claim"
    | "for a delivery to end"
    | "after an error"
    | null;
}

export interface LoopOptions {
  readonly intervalMs: number;
  /** One poll. Polls of a loop never overlap. */
  readonly poll: (signal: AbortSignal) => Promise<PollResult>;
  /** Resolves when the worker may claim: its dependencies are up and sending is not paused. */
  readonly allowed: (signal: AbortSignal) => Promise<void>;
  /** Resolves when one more claim may be in flight. */
  readonly slot: (signal: AbortSignal) => Promise<void>;
  /** Errors that the loop waits out. Any other error ends it, and its supervisor decides. */
  readonly isTransient: (error: unknown) => boolean;
  readonly onTransient: (error: unknown) => void;
  readonly onPoll: (result: PollResult, ms: number) => void;
}

export interface Loop {
  run(signal: AbortSignal): Promise<void>;
  /**
   * New rows may be due: ends the wait for the interval, or makes the next poll follow the current one at once. It does not end the wait after an
   * error: rows that a failed start released notify the loops as well, and would make them spin.
   */
  wake(): void;
  /** What failed may work again: ends the wait after an error as well. */
  recovered(): void;
  stats(): LoopStats;
}

const errorBackoff = { minMs: 250, baseMs: 500, maxMs: 15_000 };

export function createLoop(options: LoopOptions): Loop {
  const { intervalMs, allowed, slot } = options;
  const timer = createWakeableTimer();
  const stats = createStats(intervalMs);

  const pollOnce = async (signal: AbortSignal, failures: number): Promise<PollResult | "failed"> => {
    const start = performance.now();
    try {
      const result = await options.poll(signal);
      const ms = performance.now() - start;
      stats.polled(result, ms);
      options.onPoll(result, ms);
      return result;
    } catch (error) {
      stats.failed(error);
      if (!options.isTransient(error)) throw error;
      options.onTransient(error);
      stats.waits("after an error");
      timer.clear();
      await timer.waitDeaf(errorBackoff.minMs + backoffMs(failures + 1, errorBackoff), signal);
      return "failed";
    }
  };

  return {
    wake: timer.wake,
    recovered: timer.end,
    stats: stats.read,
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        stats.waits("to be allowed to claim");
        await allowed(signal);
        if (signal.aborted) break;
        stats.waits("for a delivery to end");
        await slot(signal);
        if (signal.aborted) break;
        stats.waits(null);
        // Cleared before the poll: a wake-up during the poll is about rows that the poll may not have seen.
        timer.clear();
        const result = await pollOnce(signal, failures);
        failures = result === "failed" ? failures + 1 : 0;
        if (result !== "idle") continue;
        stats.waits("for its interval or a wake-up");
        await timer.wait(intervalMs, signal);
      }
      stats.waits(null);
    },
  };
}

/** A wait that a wake-up ends early. A wake-up before the wait ends it at once. */
function createWakeableTimer() {
  let woken = false;
  let deaf = false;
  let waiting: AbortController | undefined;
  const end = () => {
    woken = true;
    waiting?.abort();
  };
  const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (!woken) {
      waiting = new AbortController();
      await sleep(ms, waiting.signal, signal);
      waiting = undefined;
    }
    woken = false;
  };
  return {
    /** Ends every wait. */
    end,
    /** Ends a wait, except a deaf one. */
    wake() {
      if (deaf) woken = true;
      else end();
    },
    /** Forgets the wake-ups so far. */
    clear() {
      woken = false;
    },
    wait,
    /** A wait that only `end` ends early. */
    async waitDeaf(ms: number, signal: AbortSignal): Promise<void> {
      deaf = true;
      await wait(ms, signal);
      deaf = false;
    },
  };
}

function createStats(intervalMs: number) {
  let state: Omit<LoopStats, "ageMs" | "waiting" | "intervalMs"> = {
    ...{ polls: 0, errors: 0, found: 0, lastPollAt: null, lastPollMs: null, lastError: null },
  };
  let waiting: LoopStats["waiting"] = null;
  let since = Date.now();
  return {
    polled(result: PollResult, ms: number) {
      const [polls, found] = [state.polls + 1, state.found + (result === "found" ? 1 : 0)];
      const lastPollAt = new Date().toISOString();
      state = { ...state, polls, found, lastPollAt, lastPollMs: Math.round(ms), lastError: null };
    },
    failed(error: unknown) {
      state = { ...state, polls: state.polls + 1, errors: state.errors + 1, lastError: messageOf(error) };
    },
    /** `null`: a poll starts. */
    waits(what: LoopStats["waiting"]) {
      waiting = what;
      since = Date.now();
    },
    read(): LoopStats {
      const busy = waiting === null || waiting === "for a delivery to end";
      return { intervalMs, ...state, ageMs: busy ? Date.now() - since : 0, waiting };
    },
  };
}
