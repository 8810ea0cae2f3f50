/** The adaptive batch size of one loop: it grows with the backlog, and shrinks when Postgres or Novu do not keep up. */
export interface ClaimSize {
  limit(): number;
  /** A claim ended: how many rows it found, and how long Postgres took. */
  claimed(count: number, ms: number): void;
  /** Postgres or Novu do not keep up. */
  shrink(): void;
}

/** Milliseconds. A claim that takes longer shrinks the next one: fewer rows hold their locks, and their leases, for a shorter time. */
const slowMs = 1_000;
const smallest = 10;

/** Starts at `usual` (POLL_BATCH_SIZE), doubles while claims come back full, up to `most`, and never exceeds the current `throughput`. */
export function createClaimSize(
  usual: number,
  most: number,
  throughput: () => number = () => Number.POSITIVE_INFINITY,
): ClaimSize {
  let limit = usual;
  /** The limit of the last claim. */
  let last = usual;
  const floor = Math.min(usual, smallest);
  const shrink = () => {
    limit = Math.max(floor, Math.floor(Math.min(limit, throughput()) / 2));
  };
  return {
    limit() {
      last = Math.min(limit, throughput());
      return last;
    },
    shrink,
    claimed(count, ms) {
      if (ms > slowMs) return shrink();
      // An empty claim says nothing about how much Postgres can take.
      if (count === 0) return;
      if (count >= last) limit = Math.min(Math.max(usual, most), Math.max(limit, last * 2));
      else if (limit > usual) limit = usual;
      // Grows back step by step.
      else limit = Math.min(usual, limit * 2);
    },
  };
}
