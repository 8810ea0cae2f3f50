import { messageOf } from "../../core/errors.ts";
import { backoffMs } from "../../core/retry.ts";

export type Turn = "found" | "idle";

export interface LoopStats {
  readonly intervalMs: number;
  readonly turns: number;
  readonly errors: number;
  readonly found: number;
  /** ISO 8601. */
  readonly lastTurnAt: string | null;
  readonly lastTurnMs: number | null;
  readonly lastError: string | null;
  /** Milliseconds since the loop last came round, while it is busy or waits for a delivery: it grows without bound when one of them hangs. */
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
  /** One turn. `found` means that there may be more: the next turn starts at once. Turns never overlap. */
  readonly turn: (signal: AbortSignal) => Promise<Turn>;
  /** Resolves when claiming is allowed (a dependency is up, sending is not paused). */
  readonly allowed: (signal: AbortSignal) => Promise<void>;
  /** Resolves when one more claim may be under way. */
  readonly slot: (signal: AbortSignal) => Promise<void>;
  /** Errors to wait out; any other ends the loop, for its supervisor to judge. */
  readonly isTransient: (error: unknown) => boolean;
  readonly onTransient: (error: unknown) => void;
  readonly onTurn: (turn: Turn, ms: number) => void;
}

export interface Loop {
  run(signal: AbortSignal): Promise<void>;
  /**
   * There is news: ends the present wait for the interval, or makes the next turn follow the present one at once. A wait after an error goes on:
   * rows that a failed start gave back announce themselves as news, and would make the loop spin.
   */
  wake(): void;
  /** What failed may work again: ends that wait as well. */
  recovered(): void;
  stats(): LoopStats;
}

export function createLoop(options: LoopOptions): Loop {
  const { intervalMs, turn, allowed, slot, isTransient, onTransient, onTurn } = options;
  let woken = false;
  let backingOff = false;
  let endPause: (() => void) | undefined;
  let state = {
    turns: 0,
    errors: 0,
    found: 0,
    lastTurnAt: null as string | null,
    lastTurnMs: null as number | null,
    lastError: null as string | null,
  };
  let waiting: LoopStats["waiting"] = null;
  let cameRoundAt = Date.now();

  const recovered = () => {
    woken = true;
    endPause?.();
  };
  const wake = () => {
    woken = true;
    if (!backingOff) endPause?.();
  };

  // A timer that a wake-up or the signal ends early; `woken` survives from before the pause.
  const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (!woken && !signal.aborted)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        endPause = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", endPause, { once: true });
      });
    if (endPause) signal.removeEventListener("abort", endPause);
    endPause = undefined;
    woken = false;
  };

  const takeTurn = async (signal: AbortSignal, failures: number): Promise<Turn | "failed"> => {
    const start = performance.now();
    try {
      const result = await turn(signal);
      const ms = performance.now() - start;
      const found = state.found + (result === "found" ? 1 : 0);
      state = {
        ...state,
        turns: state.turns + 1,
        found,
        lastTurnAt: new Date().toISOString(),
        lastTurnMs: Math.round(ms),
        lastError: null,
      };
      onTurn(result, ms);
      return result;
    } catch (error) {
      state = { ...state, turns: state.turns + 1, errors: state.errors + 1, lastError: messageOf(error) };
      if (!isTransient(error)) throw error;
      onTransient(error);
      waiting = "after an error";
      woken = false;
      backingOff = true;
      await pause(250 + backoffMs(failures + 1, { baseMs: 500, maxMs: 15_000 }), signal);
      backingOff = false;
      return "failed";
    }
  };

  return {
    wake,
    recovered,
    stats() {
      const busy = waiting === null || waiting === "for a delivery to end";
      return { intervalMs, ...state, ageMs: busy ? Date.now() - cameRoundAt : 0, waiting };
    },
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        waiting = "to be allowed to claim";
        await allowed(signal);
        if (signal.aborted) break;
        waiting = "for a delivery to end";
        cameRoundAt = Date.now();
        await slot(signal);
        if (signal.aborted) break;
        waiting = null;
        cameRoundAt = Date.now();
        // Cleared before the turn looks: a wake-up during the turn is about rows that it may not have seen.
        woken = false;
        const result = await takeTurn(signal, failures);
        failures = result === "failed" ? failures + 1 : 0;
        if (result !== "idle") continue;
        waiting = "for its interval or a wake-up";
        await pause(intervalMs, signal);
      }
      waiting = null;
    },
  };
}
