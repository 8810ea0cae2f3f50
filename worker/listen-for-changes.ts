import { messageOf } from "../core/errors.ts";
import { retry } from "../core/time.ts";
import { workerLock } from "../outbox/claims.ts";
import { listen } from "../outbox/listener.ts";
import { isUnavailable } from "../outbox/unavailable.ts";
import { pollAll } from "./polling-loops.ts";
import type { Wired } from "./wire.ts";

const backoff = { minMs: 250, baseMs: 250, maxMs: 5_000 };

/** The listener component: wakes the loops on NOTIFY. It reconnects after Postgres was away; polling finds the rows inserted meanwhile. */
export async function listenForChanges(
  wired: Pick<Wired, "database" | "owner" | "components" | "sendingPause" | "loops">,
  signal: AbortSignal,
): Promise<void> {
  const { components } = wired;
  await retry((reset) => listenOnce(wired, signal, reset), {
    isTransient: isUnavailable,
    backoff,
    onFailure: (error) => components.set("listener", "down", messageOf(error)),
    signal,
  });
}

async function listenOnce(
  { database, owner, components, sendingPause, loops }: Parameters<typeof listenForChanges>[0],
  signal: AbortSignal,
  reset: () => void,
): Promise<void> {
  // A signal for each attempt: a failed attempt leaves no listener on the long-lived one.
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await listen(database.connection, {
      signal: attempt.signal,
      lock: workerLock(owner),
      onWake: (what) =>
        what === "sendingPause" ? void sendingPause.refresh().catch(() => undefined) : loops[what].wake(),
      onListening() {
        reset();
        components.set("listener", "up");
        // Finds what was inserted while nobody listened, before the next poll is due.
        pollAll(loops);
      },
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
