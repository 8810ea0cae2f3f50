import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type RunningNovu, startNovu } from "@xnovu/novu-emulator";
import { startBridge } from "@xnovu/novu-emulator/test-bridge";
import { allWorkflows } from "@xnovu/novu-emulator/test-workflows";
import type pg from "pg";
import { type Child, startChild } from "../../local/child.ts";
import { freePort } from "../../local/ports.ts";
import { testPool } from "./database.ts";
import { temporaryFolder } from "./folder.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const novuKey = "novu-key-of-the-test";

export type Env = Readonly<Record<string, string | undefined>>;

export interface Answer {
  readonly code: number;
  // Whatever JSON the server sends: a test names the fields that it looks at.
  readonly body: Record<string, Record<string, Record<string, unknown>>>;
}

export interface RunningWorker {
  readonly child: Child;
  readonly port: number;
  readonly url: string;
  /** All of its output. */
  output(): string;
  /** Undefined while nothing answers. */
  get(path: string): Promise<Answer | undefined>;
  /** Waits until /health/ready is 200. */
  ready(): Promise<void>;
  /** SIGTERM, and how it ended. */
  end(): ReturnType<Child["stop"]>;
}

/** What a worker works with: a database, a Novu that accepts and counts, and its own task queue, port and state folder. */
export interface WorkerRig {
  readonly db: pg.Pool;
  readonly novu: RunningNovu;
  readonly env: Env;
  start(env?: Env): Promise<RunningWorker>;
  /** Inserts `count` notifications of one recipient each, subscriber `s<n>`; returns their ids. */
  insert(count: number, columns?: Readonly<Record<string, unknown>>): Promise<string[]>;
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** Node's arguments that run the worker from its sources. */
const fromSource: readonly string[] = ["--import", "tsx", "worker/main.ts"];

export async function workerRig(
  databaseUrl: string,
  temporalAddress: string,
  program: readonly string[] = fromSource,
): Promise<WorkerRig> {
  const folder = temporaryFolder("xnovu-worker-");
  const bridge = await startBridge(allWorkflows, novuKey);
  const novu = await startNovu({ secretKey: novuKey, deliver: false });
  await novu.control.sync(bridge.url);
  await bridge.close();
  const db = testPool(databaseUrl, 3);
  const workers: RunningWorker[] = [];
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    NOVU_SECRET_KEY: novuKey,
    NOVU_API_URL: novu.url,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: "xnovu",
    TEMPORAL_TASK_QUEUE: `test-${process.pid}-${randomBytes(4).toString("hex")}`,
    XNOVU_STATE_DIR: join(folder.path, "state"),
    XNOVU_WORKER_HOST: "127.0.0.1",
    WORKER_HEALTH_PORT: String(await freePort()),
  };
  return {
    db,
    novu,
    env,
    async start(more = {}) {
      const worker = await startWorker({ ...env, ...more }, program);
      workers.push(worker);
      return worker;
    },
    async insert(count, columns = {}) {
      const given = { enterprise_id: "acme", workflow: "mail-only", payload: '{"name":"Ada"}', ...columns };
      const names = Object.keys(given);
      const values = names.map((_, index) => `$${index + 2}`);
      const own = names.includes("recipients");
      const { rows } = await db.query<{ id: string }>(
        `INSERT INTO notify.notification (${names.join(", ")}${own ? "" : ", recipients"})
         SELECT ${values.join(", ")}${own ? "" : ", jsonb_build_array('s' || n)"} FROM generate_series(1, $1::int) n RETURNING id`,
        [count, ...Object.values(given)],
      );
      return rows.map(({ id }) => id);
    },
    async counts() {
      const { rows } = await db.query<{ status: string; count: number }>(
        "SELECT status, count(*)::int AS count FROM notify.notification GROUP BY status",
      );
      return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
    },
    async close() {
      await Promise.all(workers.map(({ child }) => child.stop({ signal: "SIGKILL" })));
      await Promise.allSettled([db.end(), novu.close()]);
      folder.remove();
    },
  };
}

export async function startWorker(env: Env, program: readonly string[] = fromSource): Promise<RunningWorker> {
  const lines: string[] = [];
  const child = await startChild({
    name: "worker",
    file: process.execPath,
    args: program,
    cwd: root,
    env: { NODE_ENV: "test", ...env },
    sink: (line) => void lines.push(line),
  });
  const port = Number(env.WORKER_HEALTH_PORT);
  const url = `http://127.0.0.1:${port}`;
  const get = (path: string) => ask(url + path);
  return {
    child,
    port,
    url,
    output: () => lines.join("\n"),
    get,
    async ready() {
      await until(
        async () => {
          if (child.exit()) throw new Error(`the worker ended:\n${child.tail()}`);
          return (await get("/health/ready"))?.code === 200;
        },
        30_000,
        () => `the worker is not ready:\n${child.tail()}`,
      );
    },
    end: () => child.stop({ limitMs: 40_000 }),
  };
}

export async function ask(url: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { code: response.status, body: (await response.json()) as Answer["body"] };
  } catch {
    return undefined;
  }
}

/** Waits until `probe` gives something true, and returns it. */
export async function until<T>(
  probe: () => Promise<T> | T,
  limitMs = 20_000,
  why: () => string = () => `waited in vain for ${probe.toString()}`,
): Promise<NonNullable<T>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(why());
    await sleep(50);
  }
}
