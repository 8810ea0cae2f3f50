import type { DeliveryPort, NovuPort } from "../../core/delivery.ts";

/** One delivery under way. */
export interface DeliveryWatch {
  /** Something came of it: an answer of Novu's, an outcome written. */
  moved(): void;
  end(): void;
}

/** Whether deliveries get on: a call has its time limit and a write has one, so that one which stands still is stuck for good. */
export interface Watchdog {
  begin(): DeliveryWatch;
  /** Milliseconds since the delivery that stands still longest moved; 0 when none is under way. */
  stillMs(): number;
}

export function createWatchdog(now: () => number = () => performance.now()): Watchdog {
  const moves = new Map<DeliveryWatch, number>();
  return {
    begin() {
      const beat: DeliveryWatch = {
        moved() {
          if (moves.has(beat)) moves.set(beat, now());
        },
        end: () => void moves.delete(beat),
      };
      moves.set(beat, now());
      return beat;
    },
    stillMs: () => (moves.size === 0 ? 0 : now() - Math.min(...moves.values())),
  };
}

/** What a delivery works with, so that each answer and each try to write is a move: while Postgres is away an outcome is tried again and again. */
export const withWatch = <D extends { readonly novu: NovuPort; readonly outbox: DeliveryPort }>(
  deps: D,
  beat: DeliveryWatch,
): D => ({
  ...deps,
  novu: { send: (...call) => deps.novu.send(...call).finally(beat.moved) },
  outbox: { ...deps.outbox, settle: (...written) => deps.outbox.settle(...written).finally(beat.moved) },
});
