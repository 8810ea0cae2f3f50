import { Socket } from "node:net";
import type { Settings } from "../../core/config/variables.ts";
import { type Measured, measure } from "../../core/diagnosis/measure.ts";
import type { Counts } from "../../outbox/counts.ts";
import type { MigrationStatus } from "../../outbox/migrate.ts";
import { atMost } from "./at-most.ts";
import {
  type ClockFacts,
  clockOf,
  type PauseFacts,
  pauseFactsOf,
  type RightsFacts,
  rightsOf,
  type ServerFacts,
  type SessionFacts,
  schemaOf,
  serverOf,
  sessionOf,
} from "./postgres-queries.ts";

export interface PostgresFacts {
  readonly server: Measured<ServerFacts>;
  /** Absent when the server cannot be reached. */
  readonly more?: {
    readonly session: Measured<SessionFacts>;
    readonly schema: Measured<MigrationStatus>;
    readonly rights: Measured<RightsFacts>;
    readonly sendingPause: Measured<PauseFacts>;
    readonly backlog: Measured<Counts>;
    readonly clock: Measured<ClockFacts>;
  };
}

/** Runs all queries at the same time, over connections of its own. All of them are closed when it resolves, also those to a server that hangs. */
export async function queryPostgres(database: Settings["database"], limitMs: number): Promise<PostgresFacts> {
  const [{ default: pg }, { clientConfig }] = await Promise.all([import("pg"), import("../../outbox/connection.ts")]);
  const sockets: Socket[] = [];
  const pool = new pg.Pool({
    ...clientConfig({ url: database.url, statementTimeoutMs: limitMs, name: "xnovu-doctor" }),
    connectionTimeoutMillis: limitMs,
    max: 8,
    stream: () => {
      const socket = new Socket();
      sockets.push(socket);
      return socket;
    },
  });
  pool.on("error", () => undefined);
  try {
    const server = await measure(() => serverOf(pool), limitMs);
    if (!server.ok) return { server };
    const { countByStatus } = await import("../../outbox/counts.ts");
    const [session, schema, rights, sendingPause, backlog, clock] = await Promise.all([
      measure(() => sessionOf(pool), limitMs),
      measure(() => schemaOf(pool), limitMs),
      measure(() => rightsOf(pool), limitMs),
      measure(() => pauseFactsOf(pool), limitMs),
      measure(() => countByStatus(pool), limitMs),
      measure(() => clockOf(pool), limitMs),
    ]);
    return { server, more: { session, schema, rights, sendingPause, backlog, clock } };
  } finally {
    await atMost(500, pool.end());
    for (const socket of sockets) socket.destroy();
  }
}
