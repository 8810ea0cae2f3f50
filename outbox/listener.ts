import { Socket } from "node:net";
import { Client } from "pg";
import type { ClaimKind } from "../core/delivery.ts";
import { connectionConfig, type PoolOptions } from "./pool.ts";

/** What the triggers tell: rows for a loop, or a change of the sending pause. */
export type News = ClaimKind | "sendingPause";
const channels: Readonly<Record<string, News>> = {
  xnovu_new: "new",
  xnovu_scheduled: "scheduled",
  xnovu_sending_pause: "sendingPause",
};

export interface ListenOptions {
  readonly onWake: (what: News) => void;
  readonly onListening: () => void;
  readonly signal: AbortSignal;
  /** Key of an advisory lock that the connection holds: as long as it does, the worker is known to live. */
  readonly lock?: string;
}

/** Milliseconds for a goodbye. */
const goodbyeMs = 1_000;

/**
 * Listens on a connection of its own until `signal` aborts. Resolves then; rejects when the connection breaks, so that whoever supervises it
 * starts it again. What was notified in between is lost: polling finds it.
 */
export async function listen(
  options: Omit<PoolOptions, "poolSize">,
  { onWake, onListening, signal, lock }: ListenOptions,
): Promise<void> {
  if (signal.aborted) return;
  const socket = new Socket();
  const client = new Client({ ...connectionConfig(options), stream: () => socket });
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
      const what = channels[channel];
      if (what !== undefined) onWake(what);
    });
    if (lock !== undefined) await client.query("SELECT pg_advisory_lock($1)", [lock]);
    for (const channel of Object.keys(channels)) await client.query(`LISTEN ${channel}`);
    onListening();
    await probe(client, ended, signal);
  } finally {
    over.abort();
    // The goodbye waits for the server's own, which never comes over a half-open connection: a worker that stops would wait here until its deadline.
    const limit = setTimeout(() => socket.destroy(), goodbyeMs);
    await client.end().catch(() => undefined);
    clearTimeout(limit);
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
