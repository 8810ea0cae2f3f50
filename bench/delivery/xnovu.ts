import type { Checkout } from "../lib/checkout.ts";
import { type Contender, countOf, eventSql } from "../lib/contender.ts";
import { startWorker } from "../lib/worker.ts";

let queues = 0;

/** How notifications get into the outbox: ten tenants, one recipient each. */
export const outboxTable = {
  clear: async (client) =>
    // The timeline refuses to be emptied: for the bench's own database alone its triggers are passed by.
    void (await client.query(
      `SET session_replication_role = replica;
       TRUNCATE notify.notification, notify.notification_recipient, notify.notification_event, notify.lease;
       RESET session_replication_role`,
    )),
  fill: async (client, rows, series) =>
    void (await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload, transaction_id)
       SELECT 'tenant-' || n % 10, 'email', jsonb_build_array(${eventSql.to}), ${eventSql.payload}, $2 || '-' || n
       FROM generate_series(1, $1::int) n`,
      [rows, series],
    )),
  unfinished: (client) =>
    countOf(client, "SELECT count(*)::int AS count FROM notify.notification WHERE status <> 'SENT'"),
} satisfies Partial<Contender>;

export interface XnovuOptions {
  readonly checkout: Checkout;
  readonly processes: number;
  readonly name?: string;
  readonly label?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
}

/** The real worker, so many processes of it, with the whole bookkeeping. */
export const xnovu = ({ checkout, processes, env, nodeFlags, ...names }: XnovuOptions): Contender => ({
  name: names.name ?? `xnovu-${processes}`,
  label: names.label ?? `xnovu, ${processes} worker process${processes === 1 ? "" : "es"}`,
  prepare: async (url) => checkout.migrate(url),
  ...outboxTable,
  async start(stage, databaseUrl) {
    queues++;
    const taskQueue = `bench-${process.pid}-${queues}`;
    const options = {
      stage,
      databaseUrl,
      dist: checkout.dist,
      taskQueue,
      ...(env ? { env } : {}),
      ...(nodeFlags ? { nodeFlags } : {}),
    };
    const workers = await Promise.all(Array.from({ length: processes }, () => startWorker(options)));
    return {
      pids: workers.map(({ pid }) => pid),
      // NOTIFY wakes it.
      go: () => undefined,
      stop: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
    };
  },
});
