import { fileURLToPath } from "node:url";
import { runMigrations } from "graphile-worker";
import PgBoss from "pg-boss";
import { type Contender, countOf, eventSql, type Running } from "../lib/contender.ts";
import { type Stage, withClient } from "../lib/stage.ts";
import { startTalking } from "../lib/talk.ts";
import { queueTable } from "./queue-table.ts";
import type { PeerCommand, PeerPlace, PeerReport } from "./serve.ts";

/** Starts a contender's process and waits until it is ready. */
async function startPeer(
  file: string,
  stage: Stage,
  databaseUrl: string,
  options: PeerPlace["options"] = {},
): Promise<Running> {
  const place: PeerPlace = {
    databaseUrl,
    novuUrl: stage.stub.url,
    temporalAddress: stage.temporal.address,
    options,
  };
  const child = startTalking<PeerCommand, PeerReport>(fileURLToPath(new URL(file, import.meta.url)), {
    args: [JSON.stringify(place)],
  });
  await child.next("ready");
  return { pids: [child.pid], go: () => child.send({ kind: "go" }), stop: () => child.end() };
}

/** The contenders over the least queue there is differ in nothing but their process. */
const overQueueTable = {
  prepare: async (url: string) => void (await withClient(url, (client) => client.query(queueTable))),
  clear: async (client) => void (await client.query("TRUNCATE bench.queue")),
  fill: async (client, rows, series) =>
    void (await client.query(
      `INSERT INTO bench.queue (body) SELECT ${eventSql.whole} FROM generate_series(1, $1::int) n`,
      [rows, series],
    )),
  unfinished: (client) => countOf(client, "SELECT count(*)::int AS count FROM bench.queue WHERE status <> 'done'"),
} satisfies Partial<Contender>;

export const bareSql: Contender = {
  name: "bare-sql",
  label: "bare SQL without bookkeeping, bulk calls",
  ...overQueueTable,
  start: (stage, url) => startPeer("./bare-sql-main.ts", stage, url),
};

export const workflowPerRow = (rows: number): Contender => ({
  name: "workflow-per-row",
  label: "a Temporal workflow per row",
  rows,
  ...overQueueTable,
  start: (stage, url) => startPeer("./workflow-main.ts", stage, url),
});

/** Woken by NOTIFY, claims what waits, one single call for each row. */
export const bareNotify: Contender = {
  name: "bare-notify",
  label: "bare NOTIFY + claim, single calls",
  ...overQueueTable,
  fill: async (client, rows, series) =>
    void (await client.query(
      `WITH filled AS (INSERT INTO bench.queue (body) SELECT ${eventSql.whole} FROM generate_series(1, $1::int) n)
       SELECT pg_notify('bench_queue', '')`,
      [rows, series],
    )),
  start: (stage, url) => startPeer("./notify-main.ts", stage, url),
};

export interface GraphileOptions {
  /** Jobs fetched ahead: 500 for throughput, 0 for the quickest start of a single job. */
  readonly localQueue?: number;
  /** Whether completions are written in batches, too. */
  readonly batched?: boolean;
}

export const graphile = ({ localQueue = 500, batched = false }: GraphileOptions = {}): Contender => ({
  name: batched ? "graphile-batched" : "graphile-worker",
  label: `graphile-worker, ${batched ? "completions in batches, " : ""}single calls`,
  prepare: (connectionString) => runMigrations({ connectionString }),
  clear: async (client) => void (await client.query("TRUNCATE graphile_worker._private_jobs")),
  fill: async (client, rows, series) =>
    void (await client.query(
      `SELECT count(*) FROM graphile_worker.add_jobs((
         SELECT array_agg(('notify', (${eventSql.whole})::json, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec)
         FROM generate_series(1, $1::int) n))`,
      [rows, series],
    )),
  unfinished: (client) => countOf(client, "SELECT count(*)::int AS count FROM graphile_worker._private_jobs"),
  start: (stage, url) => startPeer("./graphile-main.ts", stage, url, { localQueue, batched: Number(batched) }),
});

export const pgBoss: Contender = {
  name: "pg-boss",
  label: "pg-boss, batches of 100, bulk calls",
  async prepare(connectionString) {
    const boss = new PgBoss({ connectionString, schedule: false });
    await boss.start();
    await boss.createQueue("notify");
    await boss.stop({ graceful: false });
  },
  clear: async (client) => void (await client.query("TRUNCATE pgboss.job")),
  fill: async (client, rows, series) =>
    void (await client.query(
      `INSERT INTO pgboss.job (name, data, policy) SELECT 'notify', ${eventSql.whole}, 'standard' FROM generate_series(1, $1::int) n`,
      [rows, series],
    )),
  unfinished: (client) => countOf(client, "SELECT count(*)::int AS count FROM pgboss.job WHERE state <> 'completed'"),
  start: (stage, url) => startPeer("./pg-boss-main.ts", stage, url),
};
