import type { Counts } from "../outbox/counts.ts";
import type { StartClaim } from "./temporal/temporal-workers.ts";

/** What the parts of the worker learn while they run, for its health, status and metrics. */
export interface WorkerState {
  /** Undefined while the database is away. */
  counts: Counts | undefined;
  /** Undefined until the database is checked. */
  readonly pendingMigrations: number | undefined;
  setPendingMigrations(count: number): void;
  /** Starts a fan-out workflow; undefined while Temporal is away. */
  startClaim: StartClaim | undefined;
  /** ISO 8601. */
  lastSettledAt: string | null;
  /** False once the worker stops. */
  accepting: boolean;
}

/** `onSchemaChange` is called when the database gets, or loses, a migration. */
export function createWorkerState(onSchemaChange: () => void): WorkerState {
  let pendingMigrations: number | undefined;
  return {
    counts: undefined,
    get pendingMigrations() {
      return pendingMigrations;
    },
    setPendingMigrations(count) {
      const changed = count !== pendingMigrations;
      pendingMigrations = count;
      if (changed) onSchemaChange();
    },
    startClaim: undefined,
    lastSettledAt: null,
    accepting: true,
  };
}
