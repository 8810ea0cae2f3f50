/** How many rows the next claim asks for: it grows with the backlog and shrinks with trouble. */
export interface ClaimSize {
  limit(): number;
  /** A claim ended: how many rows it found, and how long Postgres took. */
  claimed(count: number, ms: number): void;
  /** Postgres or Novu do not keep up. */
  trouble(): void;
}

/** A claim that takes longer is trouble: fewer rows hold their locks, and their leases, for a shorter time. Milliseconds. */
const slowMs = 1_000;
const smallest = 10;

/** Starts at `usual` (POLL_BATCH_SIZE), doubles while claims come back full, up to `most`, and never beyond what `throughput` says at that time. */
export function createClaimSize(
  usual: number,
  most: number,
  throughput: () => number = () => Number.POSITIVE_INFINITY,
): ClaimSize {
  let limit = usual;
  /** What the last claim asked for. */
  let asked = usual;
  const floor = Math.min(usual, smallest);
  const trouble = () => {
    limit = Math.max(floor, Math.floor(Math.min(limit, throughput()) / 2));
  };
  return {
    limit() {
      asked = Math.min(limit, throughput());
      return asked;
    },
    trouble,
    claimed(count, ms) {
      if (ms > slowMs) return trouble();
      // Nothing was due: that says nothing about how much Postgres can take.
      if (count === 0) return;
      if (count >= asked) limit = Math.min(Math.max(usual, most), Math.max(limit, asked * 2));
      else if (limit > usual) limit = usual;
      // Back from trouble, step by step.
      else limit = Math.min(usual, limit * 2);
    },
  };
}
