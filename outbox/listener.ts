import { Socket } from "node:net";
import type { Client } from "pg";
import type { ClaimKind } from "../core/delivery.ts";
import { clientClass, clientConfig, type DatabaseConnection, sessionSql } from "./connection.ts";

/** What a trigger notifies about: rows for a loop, or a change of the sending pause. */
export type Wakeup = ClaimKind | "sendingPause";
const channels: Readonly<Record<string, Wakeup>> = {
  xnovu_new: "new",
  xnovu_scheduled: "scheduled",
  xnovu_sending_pause: "sendingPause",
};

export interface ListenOptions {
  readonly onWake: (what: Wakeup) => void;
  readonly onListening: () => void;
  readonly signal: AbortSignal;
  /** Key of an advisory lock that the connection holds. While it does, other workers know that this one lives. */
  readonly lock?: string;
}

/** Milliseconds to close the connection. */
const closeMs = 1_000;

/**
 * Listens on its own connection until `signal` aborts. Resolves then; rejects when the connection breaks, so that the supervisor restarts it.
 * Notifications in between are lost; polling finds the rows.
 */
export async function listen(
  options: DatabaseConnection,
  { onWake, onListening, signal, lock }: ListenOptions,
): Promise<void> {
  if (signal.aborted) return;
  const socket = new Socket();
  const client = new (clientClass(options.url))({ ...clientConfig(options), stream: () => socket });
  // The signal outlives many connections, so each removes its own abort listener.
  const over = new AbortController();
  const ended = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("end", () => (signal.aborted ? resolve() : reject(new Error("the listening connection was closed"))));
    signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
  });
  // Handled below. Until then an error during connect() must not count as an unhandled rejection.
  ended.catch(() => undefined);
  try {
    await client.connect();
    await client.query(sessionSql(options.statementTimeoutMs));
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
    // end() waits for the server to close the connection. A half-open connection never closes, and a stopping worker would wait until its deadline.
    const limit = setTimeout(() => socket.destroy(), closeMs);
    await client.end().catch(() => undefined);
    clearTimeout(limit);
  }
}

/** A half-open connection raises no error. A query every 15 s detects it by its time limit. */
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
