import { test } from "uvu";
import { freePort } from "../../local/ports.ts";
import { clearAudit, installAudit } from "./audit.ts";
import { compiledWorker } from "./compiled-worker.ts";
import { assertHeld, judge, type Rules, type Verdict } from "./oracle.ts";
import { type Env, type RunningWorker, until, type WorkerRig, workerRig } from "./worker.ts";

/** Short waits, so that a test of a fault takes seconds. */
export const quick = {
  POLL_INTERVAL_MS: "500",
  FAILED_POLL_INTERVAL_MS: "100",
  SCHEDULED_POLL_INTERVAL_MS: "200",
  XNOVU_RETRY_BASE_MS: "100",
  XNOVU_RETRY_MAX_MS: "500",
  XNOVU_LEASE_MS: "3000",
  XNOVU_RESCUE_INTERVAL_MS: "300",
} as const;

/** Calls of several events, and of one, as an order of the Novu emulator matches them. */
export const sendingPaths = "/v1/events/trigger*";
export const isSending = (path: string): boolean => path === "/v1/events/trigger" || path === "/v1/events/trigger/bulk";

/** A database with the witness in it, a Novu that counts, and workers with short waits, each on a port of its own. */
export interface FaultLab extends WorkerRig {
  /** Starts a worker; `ready` waits until it may take work. */
  worker(env?: Env): Promise<RunningWorker>;
  readyWorker(env?: Env): Promise<RunningWorker>;
  /** Kills every worker that this lab started. */
  killWorkers(): Promise<void>;
  /** Calls that Novu has seen, of several events and of one. */
  calls(): number;
  /** Idempotency keys of those calls, in order. */
  keys(): string[];
  /** Waits until every row has come to its end. */
  drained(limitMs?: number): Promise<void>;
  /** Waits until every row has come to its end, and holds it against the invariants. */
  held(rules?: Rules, limitMs?: number): Promise<Verdict>;
  /** No rows, no effects, no faults, no workers, no pause. */
  clear(): Promise<void>;
}

export async function openLab(databaseUrl: string, temporalAddress: string): Promise<FaultLab> {
  const rig = await workerRig(databaseUrl, temporalAddress, [await compiledWorker()]);
  await installAudit(rig.db);
  const started: RunningWorker[] = [];
  const { control } = rig.novu;
  const lab: FaultLab = {
    ...rig,
    async worker(env = {}) {
      const worker = await rig.start({ ...quick, WORKER_HEALTH_PORT: String(await freePort()), ...env });
      started.push(worker);
      return worker;
    },
    async readyWorker(env) {
      const worker = await lab.worker(env);
      await worker.ready();
      return worker;
    },
    async killWorkers() {
      for (const { child } of started) child.kill("SIGCONT");
      await Promise.all(started.splice(0).map(({ child }) => child.stop({ signal: "SIGKILL" })));
    },
    calls: () => {
      const { counts } = control.calls();
      return (counts["POST /v1/events/trigger"] ?? 0) + (counts["POST /v1/events/trigger/bulk"] ?? 0);
    },
    keys: () =>
      control
        .calls()
        .last.filter(({ path }) => isSending(path))
        .map(({ headers }) => String(headers["idempotency-key"])),
    async drained(limitMs = 30_000) {
      let counts: Record<string, number> = {};
      const found = await until(
        async () => {
          // Postgres may be away just now.
          counts = await rig.counts().catch(() => ({ UNKNOWN: 1 }));
          return Object.keys(counts).every((status) => ["SENT", "DEAD", "RETRACTED"].includes(status));
        },
        limitMs,
        () => `not finished: ${JSON.stringify(counts)}`,
      ).catch((error: unknown) => error);
      if (found instanceof Error) throw new Error(`${found.message}${await excuses(started)}`);
    },
    async held(rules, limitMs) {
      await lab.drained(limitMs);
      const verdict = await judge(rig.db, control.effects(), rules);
      assertHeld(verdict);
      return verdict;
    },
    async clear() {
      await lab.killWorkers();
      control.reset();
      await rig.db.query("TRUNCATE notify.notification, notify.notification_recipient");
      await rig.db.query(
        "UPDATE notify.sending_pause SET paused_until = NULL, reason = NULL, needs_person = false, breaker_opens = 0, since = NULL, probe_until = NULL",
      );
      await clearAudit(rig.db);
    },
  };
  return lab;
}

/** What the workers say of themselves when something does not end. */
async function excuses(workers: readonly RunningWorker[]): Promise<string> {
  const said = await Promise.all(
    workers.map(async (worker) => {
      const status = worker.child.exit() ?? (await worker.get("/status"))?.body;
      return `\nworker ${worker.child.pid}: ${JSON.stringify(status ?? "no answer")}`;
    }),
  );
  return said.join("");
}

interface Server {
  close(): Promise<void>;
}

/** A connection that a broken network left half-open may outlive its server: for when all is judged. Without one the file ends by itself, sooner. */
export const leaveSoon = (): void => void setTimeout(() => process.exit(), 15_000).unref();

/** A lab for all tests of a file, empty before each; made before the first and closed after the last. */
export function labOfFile(
  database: () => Promise<Server & { readonly url: string }>,
  temporal: () => Promise<Server & { readonly address: string }>,
): () => FaultLab {
  let lab: FaultLab | undefined;
  const closing: Server[] = [];
  test.before(async () => {
    const [db, engine] = await Promise.all([database(), temporal()]);
    closing.unshift(db, engine);
    lab = await openLab(db.url, engine.address);
    closing.unshift(lab);
  });
  test.before.each(() => lab?.clear());
  test.after(async () => {
    await lab?.killWorkers();
    for (const server of closing) await server.close();
    leaveSoon();
  });
  return () => {
    if (lab === undefined) throw new Error("the lab is made before the first test");
    return lab;
  };
}
