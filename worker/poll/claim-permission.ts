import type { Occurrence } from "../../core/time.ts";

export interface ClaimPermissionOptions {
  /** Milliseconds until the sending pause, and the probe of another worker, end. */
  readonly msUntilClaim: () => number;
  /** Rows that are claimed without a worker session could not be sent. */
  readonly sessionIsOpen: () => boolean;
  /** With a migration missing, rows could be sent or written wrongly. */
  readonly schemaIsCurrent: () => boolean;
  /** One of the above may have changed. */
  readonly changed: Occurrence;
}

/** Waits until the worker may claim. The returned function resolves then, or when its signal aborts. */
export const claimPermission =
  ({ msUntilClaim, sessionIsOpen, schemaIsCurrent, changed }: ClaimPermissionOptions) =>
  async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const ms = msUntilClaim();
      if (ms <= 0 && sessionIsOpen() && schemaIsCurrent()) return;
      await changed.next(ms > 0 ? ms : Number.POSITIVE_INFINITY, signal);
    }
  };
