import { messageOf } from "../core/errors.ts";
import { backoffMs } from "../core/retry.ts";
import { workerLock } from "../outbox/claims.ts";
import { countByStatus } from "../outbox/counts.ts";
import { listen } from "../outbox/listener.ts";
import { pendingMigrations } from "../outbox/migrate.ts";
import { isUnavailable } from "../outbox/unavailable.ts";
import { isDatabaseAway, whyAway } from "./database-away.ts";
import { sleep } from "./lifecycle/sleep.ts";
import type { Wired } from "./wire.ts";

/** Milliseconds between two counts of what waits. */
const intervalMs = 10_000;

/** Counts what waits and looks at the sending pause, and so finds out whether Postgres answers at all, and whether its schema is this version's. */
export async function watchDatabase(
  { pool, state, components, sendingPause }: Wired,
  signal: AbortSignal,
): Promise<void> {
  let current = false;
  while (!signal.aborted) {
    try {
      if (!current) {
        const pending = await pendingMigrations(pool);
        current = pending.length === 0;
        state.pendingMigrations = pending.length;
        if (!current)
          components.set("database", "down", `run \`pnpm xnovu migrate up\`: ${pending.join(", ")} missing`);
      }
      if (current) {
        state.counts = await countByStatus(pool);
        await sendingPause.refresh();
        components.set("database", "up");
      }
    } catch (error) {
      state.counts = undefined;
      current = false;
      if (!isDatabaseAway(error)) throw error;
      components.set("database", "down", whyAway(error));
    }
    await sleep(components.get("database")?.state === "up" ? intervalMs : 1_000, signal);
  }
}

/** Listens; while Postgres is away it waits for it, as everything else does. Polling finds what is inserted meanwhile. */
export async function listenForNews(
  { connection, owner, components, sendingPause, loops }: Wired,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const onListening = () => {
    failures = 0;
    components.set("listener", "up");
    // What was inserted while nobody listened is found now rather than at the next poll.
    for (const loop of Object.values(loops)) loop.recovered();
  };
  while (!signal.aborted) {
    // A signal for each try: what a try leaves on it goes with it.
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await listen(connection, {
        signal: attempt.signal,
        lock: workerLock(owner),
        onWake: (what) =>
          what === "sendingPause" ? void sendingPause.refresh().catch(() => undefined) : loops[what].wake(),
        onListening,
      });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      components.set("listener", "down", messageOf(error));
      failures++;
      await sleep(250 + backoffMs(failures, { baseMs: 250, maxMs: 5_000 }), signal);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}
