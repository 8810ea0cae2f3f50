import type { DeliveryPort, RecipientOutcome, Settlement, SettleResult } from "../../core/delivery.ts";
import { backoffMs } from "../../core/retry.ts";

export interface SettlerDeps {
  readonly outbox: DeliveryPort;
  /** Postgres is away, for now: what Novu answered is worth keeping until it is back. */
  readonly isTransient: (error: unknown) => boolean;
}

/** Writes how the rows of one claim ended: few statements for many calls, and at once where nothing else is on its way. */
export interface Settler {
  add(settlements: readonly Settlement[], recipients: readonly RecipientOutcome[]): void;
  /** A call to Novu begins; the function returned tells its end. What is to be written waits a moment for calls under way. */
  calling(): () => void;
  /** Everything is written. Rejects with what kept it from being. */
  done(): Promise<SettleResult>;
  /** What is written so far. */
  written(): SettleResult;
}

/** Milliseconds that an outcome waits for those of other calls. */
const gatherMs = 10;

export function createSettler(
  { outbox, isTransient }: SettlerDeps,
  token: string,
  signal: AbortSignal,
  onWritten: (ids: readonly string[]) => void,
): Settler {
  const total = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
  let waiting: { settlements: Settlement[]; recipients: RecipientOutcome[] } | undefined;
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let fault: { readonly error: unknown } | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    // One write at a time: what comes meanwhile goes into the next.
    writing = writing
      .then(async () => {
        const { settlements, recipients } = waiting ?? { settlements: [], recipients: [] };
        waiting = undefined;
        if (settlements.length === 0 && recipients.length === 0) return;
        add(total, await write(settlements, recipients));
        onWritten(settlements.map(({ id }) => id));
      })
      .catch((error: unknown) => {
        fault ??= { error };
      });
  };

  /** Until Postgres takes it: what Novu answered is known only here. The token guards a write that comes too late. */
  async function write(
    settlements: readonly Settlement[],
    recipients: readonly RecipientOutcome[],
  ): Promise<SettleResult> {
    for (let failures = 1; ; failures++) {
      try {
        return await outbox.settle(token, settlements, recipients);
      } catch (error) {
        if (!isTransient(error) || signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 + backoffMs(failures, { baseMs: 200, maxMs: 3_000 })));
      }
    }
  }

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
      if (fault !== undefined) throw fault.error;
      return total;
    },
  };
}

function add(total: { -readonly [K in keyof SettleResult]: SettleResult[K] }, part: SettleResult): void {
  for (const key of Object.keys(part) as (keyof SettleResult)[]) total[key] += part[key];
}
