// What the tests of a worker share: a rig for a whole file, and what they ask of its rows.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compiledWorker } from "./compiled-worker.ts";
import { type TestDatabase, testDatabase } from "./database.ts";
import { type TestTemporal, testTemporal } from "./temporal.ts";
import { until, type WorkerRig, workerRig } from "./worker.ts";

/** Calls to Novu of several events, and those together with calls of one, as an order of the Novu emulator matches them. */
export const bulk = "/v1/events/trigger/bulk";
export const sending = "/v1/events/trigger*";

/** Short waits before a retry. */
export const fast = { FAILED_POLL_INTERVAL_MS: "100", XNOVU_RETRY_BASE_MS: "200", XNOVU_RETRY_MAX_MS: "500" };

export interface Opened {
  readonly rig: WorkerRig;
  readonly database: TestDatabase;
  readonly temporal: TestTemporal;
}

export interface RigOptions {
  /** The worker from its sources, as in development; compiled, as in the image, when absent: it starts in a fraction of the time. */
  readonly fromSource?: boolean;
  /** No rows and no orders to Novu before each test. */
  readonly emptyBefore?: boolean;
}

/** A rig for the tests of a file: made before the first, closed after the last. `onOpen` gets it before any other hook runs. */
export function openRig(onOpen: (opened: Opened) => void, { fromSource, emptyBefore }: RigOptions = {}): void {
  const closing: { close(): Promise<unknown> }[] = [];
  let rig: WorkerRig | undefined;
  test.before(async () => {
    const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
    closing.unshift(database, temporal);
    rig = await workerRig(database.url, temporal.address, fromSource ? undefined : [await compiledWorker()]);
    closing.unshift(rig);
    onOpen({ rig, database, temporal });
  });
  if (emptyBefore)
    test.before.each(async () => {
      rig?.novu.control.reset();
      await rig?.db.query("TRUNCATE notify.notification, notify.notification_recipient");
    });
  test.after(async () => {
    for (const server of closing) await server.close();
  });
}

/** Lets each call to Novu take that long. */
export const slowNovu = (rig: WorkerRig, delayMs: number) =>
  rig.novu.control.addFault({ match: { path: sending }, delayMs, times: 10_000 });

/** How many rows had how many attempts: `[[attempts, rows], …]`. */
export async function attemptsOf(rig: WorkerRig): Promise<[attempts: number, rows: number][]> {
  const { rows } = await rig.db.query<{ attempts: number; count: number }>(
    "SELECT attempts, count(*)::int AS count FROM notify.notification GROUP BY attempts ORDER BY attempts",
  );
  return rows.map(({ attempts, count }) => [attempts, count]);
}

/** Waits until that many rows are SENT, and holds that Novu accepted each once. */
export async function allSentOnce(rig: WorkerRig, count: number): Promise<void> {
  await until(
    async () => (await rig.counts()).SENT === count,
    45_000,
    () => "not all were sent",
  );
  const effects = rig.novu.control.effects();
  assert.is(effects.length, count);
  const twice = effects.filter(({ accepted }) => accepted !== 1);
  assert.equal(twice, [], `${twice.length} were accepted more than once`);
}
