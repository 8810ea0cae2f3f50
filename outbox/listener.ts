import { Client } from "pg";
import type { ClaimKind } from "../core/delivery.ts";
import { connectionConfig, type PoolOptions } from "./pool.ts";

/** The channels that the triggers notify, and the loop that each one wakes. */
const channels: Readonly<Record<string, ClaimKind>> = { xnovu_new: "new", xnovu_scheduled: "scheduled" };

/**
 * Listens on a connection of its own until `signal` aborts. Resolves then; rejects when the connection breaks, so that whoever supervises it
 * starts it again. What was notified in between is lost: polling finds it.
 */
export async function listen(
  options: Omit<PoolOptions, "poolSize">,
  { onWake, onListening, signal }: { onWake: (kind: ClaimKind) => void; onListening: () => void; signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) return;
  const client = new Client(connectionConfig(options));
  // The signal outlives many connections: each takes its own listener off again.
  const over = new AbortController();
  const ended = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("end", () => (signal.aborted ? resolve() : reject(new Error("the connection that listens was closed"))));
    signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
  });
  // Handled below; until then a break during connect() must not count as unhandled.
  ended.catch(() => undefined);
  try {
    await client.connect();
    client.on("notification", ({ channel }) => {
      const kind = channels[channel];
      if (kind !== undefined) onWake(kind);
    });
    for (const channel of Object.keys(channels)) await client.query(`LISTEN ${channel}`);
    onListening();
    await probe(client, ended, signal);
  } finally {
    over.abort();
    await client.end().catch(() => undefined);
  }
}

/** A half-open connection never errors by itself: a query every 15 s finds it out, by its time limit. */
async function probe(client: Client, ended: Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<"pause">((resolve) => {
      timer = setTimeout(() => resolve("pause"), 15_000);
    });
    const what = await Promise.race([ended, pause]).finally(() => clearTimeout(timer));
    if (what === "pause") await client.query("SELECT 1");
  }
}
