// time limit: 500 s
import { setTimeout as sleep } from "node:timers/promises";
import { Client, Connection } from "@temporalio/client";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { changesOf } from "../support/audit.ts";
import { testDatabase } from "../support/database.ts";
import { labOfFile } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { testTemporal } from "../support/temporal.ts";
import { type RunningWorker, until } from "../support/worker.ts";

// A worker that kills itself (SIGKILL) at a named point, and what another one makes of its rows.
const lab = labOfFile(testDatabase, testTemporal);

async function killedItself(worker: RunningWorker): Promise<void> {
  await until(
    () => worker.child.exit(),
    40_000,
    () => "the worker passed its crash point alive",
  );
  assert.equal(await worker.child.exited, { code: null, signal: "SIGKILL" });
}

/** A worker that waits, stopped, until its fellow is dead: it is there from the start and claims nothing of the fellow's. */
async function standby(): Promise<() => void> {
  const other = await lab().readyWorker();
  // Stopped while its worker session starts, it would wait for Temporal to schedule that step again.
  await until(async () => (await other.get("/status"))?.body.components?.session?.state === "up", 20_000);
  await sleep(500);
  other.child.kill("SIGSTOP");
  return () => other.child.kill("SIGCONT");
}

faultTest(1, "killed before the claim is sent: the row is PENDING, its attempt unspent", async () => {
  const [id = ""] = await lab().insert(1);
  // Not waited for: a claim that would find nothing passes the point as well.
  const crashing = await lab().worker({ XNOVU_CRASH_AT: "before-claim-commit" });
  await killedItself(crashing);
  await until(async () => (await lab().counts()).PENDING === 1, 2_000);
  assert.is((await changesOf(lab().db, id)).length, 1, "the claim was seen");
  assert.is(lab().calls(), 0);
  await lab().readyWorker();
  await lab().held();
});

/** Runs `work` while each write that brings a row to `status` takes some seconds. */
async function whileSlow(status: string, seconds: number, work: () => Promise<void>): Promise<void> {
  await lab().db.query(
    `CREATE FUNCTION audit.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NEW; END $$;
     CREATE TRIGGER audit_slow BEFORE UPDATE ON notify.notification FOR EACH ROW
       WHEN (OLD.status <> NEW.status AND NEW.status = '${status}') EXECUTE FUNCTION audit.slow()`,
  );
  try {
    await work();
  } finally {
    await lab().db.query("DROP FUNCTION audit.slow CASCADE");
  }
}

/** Waits until a worker's statement is in the slow trigger; returns the server's process that executes it. */
const duringStatement = () =>
  until(
    async () => {
      const { rows } = await lab().db.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'xnovu-worker' AND wait_event = 'PgSleep'",
      );
      return rows[0]?.pid;
    },
    10_000,
    () => "no worker's statement is under way",
  );

/** The server learns of the worker's death and takes the statement back, as it does when it next writes to that connection. */
async function takenBack(pid: number | undefined): Promise<void> {
  await lab().db.query("SELECT pg_terminate_backend($1)", [pid]);
  await until(async () => (await lab().db.query("SELECT FROM pg_stat_activity WHERE pid = $1", [pid])).rowCount === 0);
}

faultTest(1, "killed during the statement that claims: the row is PENDING, its attempt unspent", async () => {
  const worker = await lab().readyWorker();
  await whileSlow("PROCESSING", 30, async () => {
    await lab().insert(3);
    const pid = await duringStatement();
    worker.child.kill("SIGKILL");
    await worker.child.exited;
    assert.equal(await lab().counts(), { PENDING: 3 });
    await takenBack(pid);
  });
  const { rows } = await lab().db.query("SELECT DISTINCT status, attempts, batch_id FROM notify.notification");
  assert.equal(rows, [{ status: "PENDING", attempts: 0, batch_id: null }]);
  assert.is(lab().calls(), 0);
  await lab().readyWorker();
  await lab().held();
});

faultTest(1, "killed during the statement that claims, which still commits: taken over", async () => {
  const worker = await lab().readyWorker();
  await whileSlow("PROCESSING", 3, async () => {
    await lab().insert(1);
    await duringStatement();
    worker.child.kill("SIGKILL");
    await worker.child.exited;
    assert.equal(await lab().counts(), { PENDING: 1 });
    await until(async () => (await lab().counts()).PROCESSING === 1, 10_000);
  });
  await lab().readyWorker();
  await lab().held();
});

faultTest(2, "killed after the claim: reclaimed within lease and rescue", async () => {
  const crashing = await lab().readyWorker({ XNOVU_CRASH_AT: "after-claim" });
  const goOn = await standby();
  const ids = await lab().insert(20);
  await killedItself(crashing);
  assert.equal(await lab().counts(), { PROCESSING: 20 });
  assert.is(lab().calls(), 0);
  goOn();
  await lab().held({}, 15_000);
  for (const id of ids) {
    const [, claimed, again] = await changesOf(lab().db, id);
    assert.equal([claimed?.to, again?.to, again?.attempts], ["PROCESSING", "PROCESSING", 2]);
    const waitedMs = Number(again?.at) - Number(claimed?.at);
    // Lease 3 s, rescue every 0.3 s, and a moment on a busy machine.
    assert.ok(waitedMs < 3_300 + 2_000, `taken over after ${waitedMs} ms`);
  }
});

interface Run {
  readonly workflowId: string;
  readonly status: string;
}

/** All runs of the workflows of its own that the timeline of a row names; the worker sessions that claimed it are apart. */
async function runsOf(id: string): Promise<{ readonly ids: readonly string[]; readonly runs: readonly Run[] }> {
  const { rows } = await lab().db.query<{ id: string }>(
    "SELECT DISTINCT temporal_workflow_id AS id FROM notify.timeline WHERE notification_id = $1 AND temporal_workflow_id IS NOT NULL",
    [id],
  );
  const ids = rows.map((row) => row.id).filter((name) => !name.startsWith("xnovu-session-"));
  const connection = await Connection.connect({ address: lab().env.TEMPORAL_ADDRESS ?? "" });
  try {
    const client = new Client({ connection, namespace: "xnovu" });
    const runs: Run[] = [];
    for (const workflowId of ids)
      for await (const { status } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` }))
        runs.push({ workflowId, status: status.name });
    return { ids, runs };
  } finally {
    await connection.close();
  }
}

faultTest(3, "killed after the workflow started: the same workflow goes on, in one run", async () => {
  const lease = { XNOVU_LEASE_MS: "20000", XNOVU_RESCUE_INTERVAL_MS: "20000" };
  const crashing = await lab().readyWorker({ ...lease, XNOVU_CRASH_AT: "after-novu-accepted:2" });
  // As many recipients as make a notification have a workflow of its own.
  const recipients = Array.from({ length: 3_000 }, (_, n) => `fan-${n}`);
  const [id = ""] = await lab().insert(1, { recipients: JSON.stringify(recipients) });
  await killedItself(crashing);
  const before = await runsOf(id);
  await lab().readyWorker(lease);
  const { accepted } = await lab().held({}, 40_000);
  assert.is(accepted, 3_000);
  const { ids, runs } = await runsOf(id);
  assert.equal(ids, before.ids, "another workflow took it");
  assert.is(ids.length, 1);
  const ofOne = runs.filter(({ status }) => status !== "CONTINUED_AS_NEW");
  assert.is(ofOne.length, 1, `${ids[0]} ran ${ofOne.length} times`);
});

faultTest(3, "killed right after its session started: the next worker's session takes the rows", async () => {
  const crashing = await lab().worker({ XNOVU_CRASH_AT: "after-session-start" });
  await lab().insert(50);
  await killedItself(crashing);
  await lab().readyWorker();
  await lab().held();
});

for (const [name, settings] of [
  ["idempotency on", {}],
  ["idempotency off", { idempotency: false }],
] as const)
  faultTest(4, `killed after Novu accepted, before the commit, ${name}: sent again under the same key`, async () => {
    lab().novu.control.set(settings);
    const crashing = await lab().readyWorker({ XNOVU_CRASH_AT: "after-novu-accepted" });
    await lab().insert(30);
    await killedItself(crashing);
    assert.is((await lab().counts()).SENT, undefined);
    await lab().readyWorker();
    const { duplicates } = await lab().held({ ...settings, repliesLost: 30 });
    assert.is(duplicates, "idempotency" in settings ? 30 : 0);
    assert.is(new Set(lab().keys()).size, 1, `keys: ${lab().keys().join(", ")}`);
    const dropped = lab()
      .novu.control.effects()
      .filter(({ duplicatesDropped }) => duplicatesDropped > 0);
    assert.is(dropped.length, duplicates, "what was accepted twice is dropped by its transaction id");
  });

faultTest(4, "killed during the statement that writes the outcome: sent again under the same key", async () => {
  const crashing = await lab().readyWorker();
  await whileSlow("SENT", 30, async () => {
    await lab().insert(30);
    const pid = await duringStatement();
    crashing.child.kill("SIGKILL");
    await crashing.child.exited;
    await takenBack(pid);
    assert.equal(await lab().counts(), { PROCESSING: 30 });
  });
  await lab().readyWorker();
  await lab().held();
  assert.is(lab().keys().length, 2);
  assert.is(new Set(lab().keys()).size, 1);
});

faultTest(
  4,
  "killed with outcomes of several kinds written and not committed: sent again under the same key",
  async () => {
    await lab().insert(29);
    // Novu says of this one alone that it has no such workflow: SENT and DEAD are two statements of one transaction.
    await lab().insert(1, { workflow: "no-such-workflow" });
    const crashing = await lab().worker({ XNOVU_CRASH_AT: "before-settle-commit" });
    await killedItself(crashing);
    assert.equal(await lab().counts(), { PROCESSING: 30 });
    await lab().readyWorker();
    const { deadLetters, accepted } = await lab().held();
    assert.equal([deadLetters, accepted], [1, 29]);
    assert.is(new Set(lab().keys()).size, 1);
  },
);

faultTest(
  34,
  "a row that kills its worker each time is counted and dead-lettered; its neighbours are sent",
  async () => {
    const env = { XNOVU_CRASH_AT: "row:digested", XNOVU_LEASE_MS: "1000", XNOVU_RESCUE_INTERVAL_MS: "100" };
    const [poison = ""] = await lab().insert(1, { workflow: "digested", max_attempts: 3 });
    await lab().insert(20);
    // No more attempts than the one that kills them: still they are not given up for what stands beside them.
    await lab().insert(20, { max_attempts: 3, recipients: '["as-few"]' });
    let deaths = 0;
    for (; deaths < 8; deaths++) {
      const worker = await lab().worker(env);
      if ((await settled(worker)) === "drained") break;
      assert.equal(await worker.child.exited, { code: null, signal: "SIGKILL" });
    }
    const verdict = await lab().held();
    assert.is(verdict.deadLetters, 1);
    assert.is(deaths, 3, "it kills as many workers as it has attempts");
    const { rows } = await lab().db.query<{ status: string; attempts: number; error: string }>(
      "SELECT status, attempts, error FROM notify.notification WHERE id = $1",
      [poison],
    );
    assert.equal([rows[0]?.status, rows[0]?.attempts], ["DEAD", 3]);
    assert.match(rows[0]?.error ?? "", /silent|killed|stopped|died/);
  },
);

faultTest(
  34,
  "a row with a workflow of its own that kills its worker each time kills as many as it has attempts",
  async () => {
    // Longer than Temporal takes to notice a worker's death: it gives the row to the next one first.
    const env = { XNOVU_CRASH_AT: "row:digested", XNOVU_LEASE_MS: "14000", XNOVU_RESCUE_INTERVAL_MS: "100" };
    const recipients = JSON.stringify(Array.from({ length: 600 }, (_, n) => `fan-${n}`));
    const [poison = ""] = await lab().insert(1, { workflow: "digested", max_attempts: 3, recipients });
    let deaths = 0;
    for (; deaths < 8; deaths++) {
      const worker = await lab().worker(env);
      if ((await settled(worker)) === "drained") break;
      assert.equal(await worker.child.exited, { code: null, signal: "SIGKILL" });
    }
    assert.is((await lab().held()).deadLetters, 1);
    assert.is(deaths, 3);
    assert.is((await changesOf(lab().db, poison)).at(-1)?.attempts, 3);
  },
);

/** What comes first: the worker's death, or the end of every row. */
const settled = (worker: RunningWorker) =>
  until(
    async () => {
      const counts = await lab().counts();
      const open = Object.keys(counts).filter((status) => status !== "SENT" && status !== "DEAD");
      if (open.length === 0) return "drained";
      return worker.child.exit() && "died";
    },
    60_000,
    () => "the worker neither died nor brought every row to its end",
  );

test.run();
