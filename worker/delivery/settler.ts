import type { DeliveryPort, RecipientOutcome, Settlement, SettleResult } from "../../core/delivery.ts";
import { retry } from "../../core/time.ts";
import type { DeliveryObserver } from "./observer.ts";

export interface SettlerOptions {
  readonly outbox: Pick<DeliveryPort, "settle">;
  /** Postgres is away for now: the settler keeps Novu's replies and writes them later. */
  readonly isTransient: (error: unknown) => boolean;
  readonly token: string;
  /** Aborted once the claim is lost or cancelled: the settler retries no more. */
  readonly signal: AbortSignal;
  readonly observer: Pick<DeliveryObserver, "progressed" | "written">;
  /** Rows whose outcome is written, or whose lease is lost. */
  readonly onWritten: (settlements: readonly Settlement[]) => void;
}

/** Writes the outcomes of one claim. It gathers the outcomes of calls that end together, and writes at once when no call is under way. */
export interface Settler {
  add(settlements: readonly Settlement[], recipients: readonly RecipientOutcome[]): void;
  /** A call to Novu starts; the returned function marks its end. */
  calling(): () => void;
  /** Resolves when everything is written. Rejects with the first error. */
  done(): Promise<SettleResult>;
  /** What is written so far. */
  written(): SettleResult;
}

/** Milliseconds that an outcome waits for those of other calls. */
const gatherMs = 10;
const writeBackoff = { minMs: 100, baseMs: 200, maxMs: 3_000 };

export function createSettler({ outbox, isTransient, token, signal, observer, onWritten }: SettlerOptions): Settler {
  const total = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
  let waiting: { settlements: Settlement[]; recipients: RecipientOutcome[] } | undefined;
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;

  /** Retries until Postgres is back: only this process knows Novu's replies. The token guards a write that comes too late. */
  const write = (settlements: readonly Settlement[], recipients: readonly RecipientOutcome[]) =>
    retry(() => outbox.settle(token, settlements, recipients).finally(observer.progressed), {
      isTransient: (error) => isTransient(error) && !signal.aborted,
      backoff: writeBackoff,
    });

  const writeWaiting = async () => {
    const { settlements, recipients } = waiting ?? { settlements: [], recipients: [] };
    waiting = undefined;
    if (settlements.length === 0 && recipients.length === 0) return;
    const result = await write(settlements, recipients);
    add(total, result);
    if (result.leaseLost === 0) observer.written(settlements);
    onWritten(settlements);
  };

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    // One write at a time: outcomes that arrive meanwhile go into the next one.
    writing = writing.then(writeWaiting).catch((error: unknown) => {
      failure ??= { error };
    });
  };

  return {
    add(settlements, recipients) {
      waiting ??= { settlements: [], recipients: [] };
      waiting.settlements.push(...settlements);
      waiting.recipients.push(...recipients);
      timer ??= setTimeout(flush, gatherMs);
    },
    calling() {
      calls++;
      return () => {
        calls--;
        if (calls === 0) flush();
      };
    },
    written: () => total,
    async done() {
      flush();
      await writing;
      if (failure !== undefined) throw failure.error;
      return total;
    },
  };
}

function add(total: { -readonly [K in keyof SettleResult]: SettleResult[K] }, part: SettleResult): void {
  for (const key of Object.keys(part) as (keyof SettleResult)[]) total[key] += part[key];
}
