import { Socket } from "node:net";
import type { Settings } from "../../core/config/variables.ts";
import { XnovuError } from "../../core/errors.ts";
import type { Counts } from "../../outbox/counts.ts";
import type { MigrationStatus } from "../../outbox/migrate.ts";
import { explainDatabase } from "../cli/database.ts";
import { type Asked, ask, atMost, type Fault, faultOf } from "./ask.ts";
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
  readonly server: Asked<ServerFacts>;
  /** Absent when the server could not be reached. */
  readonly more?: {
    readonly session: Asked<SessionFacts>;
    readonly schema: Asked<MigrationStatus>;
    readonly rights: Asked<RightsFacts>;
    readonly sendingPause: Asked<PauseFacts>;
    readonly backlog: Asked<Counts>;
    readonly clock: Asked<ClockFacts>;
  };
}

/** Asks Postgres everything at once, over connections of its own that are gone when it resolves, also those to a server that hangs. */
export async function askPostgres(database: Settings["database"], limitMs: number): Promise<PostgresFacts> {
  const [{ default: pg }, { connectionConfig }] = await Promise.all([import("pg"), import("../../outbox/pool.ts")]);
  const sockets: Socket[] = [];
  const pool = new pg.Pool({
    ...connectionConfig({ url: database.url, statementTimeoutMs: limitMs, name: "xnovu-doctor" }),
    connectionTimeoutMillis: limitMs,
    max: 8,
    stream: () => {
      const socket = new Socket();
      sockets.push(socket);
      return socket;
    },
  });
  pool.on("error", () => undefined);
  const explain = async (error: unknown): Promise<Fault> => {
    const said = await explainDatabase(error, database.url);
    return {
      ...faultOf(error),
      ...(said instanceof XnovuError ? { message: said.message, ...(said.hint ? { hint: said.hint } : {}) } : {}),
    };
  };
  try {
    const server = await ask(() => serverOf(pool), limitMs, explain);
    if (!server.ok) return { server };
    const { countByStatus } = await import("../../outbox/counts.ts");
    const [session, schema, rights, sendingPause, backlog, clock] = await Promise.all([
      ask(() => sessionOf(pool), limitMs, explain),
      ask(() => schemaOf(pool), limitMs, explain),
      ask(() => rightsOf(pool), limitMs, explain),
      ask(() => pauseFactsOf(pool), limitMs, explain),
      ask(() => countByStatus(pool), limitMs, explain),
      ask(() => clockOf(pool), limitMs, explain),
    ]);
    return { server, more: { session, schema, rights, sendingPause, backlog, clock } };
  } finally {
    await atMost(500, pool.end());
    for (const socket of sockets) socket.destroy();
  }
}
