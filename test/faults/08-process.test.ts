// time limit: 500 s
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../../local/ports.ts";
import { testDatabase } from "../support/database.ts";
import { type FaultLab, labOfFile, leaveSoon, openLab, quick, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { testTemporal } from "../support/temporal.ts";
import { ask, type Env, type RunningWorker, root, until } from "../support/worker.ts";

// The worker as a process: its port, its settings, its callers, its event loop, its output.
const lab = labOfFile(testDatabase, testTemporal);

interface Stuck {
  readonly worker: RunningWorker;
  readonly since: number;
  release(): Promise<void>;
}
/** Workers whose claims hang, and whose deliveries, in labs of their own: liveness takes half a minute to fail, and the other tests run meanwhile. */
let hung: Promise<Stuck>;
let endless: Promise<Stuck>;

test.before(() => {
  hung = stuck({}, async (own) => {
    const client = await own.db.connect();
    await client.query("BEGIN; LOCK TABLE notify.notification IN ACCESS EXCLUSIVE MODE");
    return async () => {
      await client.query("ROLLBACK");
      client.release();
    };
  });
  endless = stuck({ POLL_BATCH_SIZE: "1", XNOVU_CLAIM_MAX: "1" }, async (own) => {
    // Claims and leases go on; what Novu answered is never written.
    await own.db.query(`CREATE FUNCTION audit.no_end() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF current_query() LIKE '-- settle-sent%' THEN PERFORM pg_sleep(600); END IF; RETURN NULL; END $$`);
    await own.db.query(
      "CREATE TRIGGER no_end BEFORE UPDATE ON notify.notification FOR EACH STATEMENT EXECUTE FUNCTION audit.no_end()",
    );
    await own.insert(3);
    return async () => undefined;
  });
  // Looked at by the last tests; until then a fault of them is not unhandled.
  for (const one of [hung, endless]) one.catch(() => undefined);
});
test.after(async () => {
  for (const one of [hung, endless]) await (await one.catch(() => undefined))?.release();
  leaveSoon();
});

async function stuck(env: Env, how: (own: FaultLab) => Promise<() => Promise<void>>): Promise<Stuck> {
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  const own = await openLab(database.url, temporal.address);
  const worker = await own.readyWorker({ XNOVU_STATEMENT_TIMEOUT_MS: "600000", XNOVU_LEASE_MS: "1000", ...env });
  const since = Date.now();
  const undo = await how(own);
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await undo();
    await own.killWorkers();
    await own.close();
    await Promise.all([database.close(), temporal.close()]);
  };
  return { worker, since, release };
}

const ended = (worker: RunningWorker, limitMs: number) =>
  until(
    () => worker.child.exit(),
    limitMs,
    () => `it has not ended:\n${worker.child.tail()}`,
  );

faultTest(31, "port in use: it ends at once, names the port, and has claimed nothing", async () => {
  const first = await lab().readyWorker();
  await lab().insert(5, { scheduled_for: new Date(Date.now() + 600_000) });
  const second = await lab().worker({ WORKER_HEALTH_PORT: String(first.port), TEMPORAL_TASK_QUEUE: "never" });
  assert.equal(await ended(second, 15_000), { code: 1, signal: null });
  await until(() => second.output().includes(`port ${first.port} is already in use`), 2_000);
  assert.equal(await lab().counts(), { PENDING: 5 });
  assert.is((await first.get("/health"))?.code, 200);
});

faultTest(31, "bad environment: it ends at once and names every bad variable, no secret, nothing claimed", async () => {
  await lab().insert(5);
  const bad = {
    NOVU_SECRET_KEY: "",
    POLL_INTERVAL_MS: "soon",
    WORKER_HEALTH_PORT: "70000",
    TEMPORAL_ADDRESS: "nowhere",
    XNOVU_LEASE_MS: "-1",
    DATABASE_URL: "mysql://u:hidden-password@h/db",
  };
  const worker = await lab().worker(bad);
  assert.equal(await ended(worker, 15_000), { code: 78, signal: null });
  await until(() => worker.output().includes(".env.example"), 2_000);
  for (const name of Object.keys(bad)) assert.match(worker.output(), name);
  assert.not.match(worker.output(), "hidden-password");
  assert.equal(await lab().counts(), { PENDING: 5 });
});

faultTest(7, "SIGTERM while its files are loaded: exit 0 at once, before it listens, and nothing claimed", async () => {
  await lab().insert(5);
  const worker = await lab().worker({
    NODE_OPTIONS: `--import=${new URL("./stopped-early.fixture.mjs", import.meta.url).href}`,
  });
  assert.equal(await ended(worker, 15_000), { code: 0, signal: null });
  assert.not.match(worker.output(), "listening on");
  assert.equal(await lab().counts(), { PENDING: 5 });
});

/** Clients as they are: some that keep their connection, some that never finish their request, one that does not read its answer. */
async function badClients(port: number): Promise<() => void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const path = { host: "127.0.0.1", port, path: "/health/live", agent };
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const [response] = await once(get(path), "response");
      response.resume();
      await once(response, "end");
    }),
  );
  const slow: Socket[] = Array.from({ length: 20 }, () => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "));
    socket.on("error", () => undefined);
    return socket;
  });
  const deaf = connect(port, "127.0.0.1", () => deaf.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50)));
  deaf.pause();
  deaf.on("error", () => undefined);
  return () => {
    agent.destroy();
    for (const socket of [...slow, deaf]) socket.destroy();
  };
}

faultTest(32, "keep-alive and slow clients: other probes are answered, and the stop is not held up", async () => {
  const worker = await lab().readyWorker({ XNOVU_SHUTDOWN_TIMEOUT_MS: "8000" });
  const leave = await badClients(worker.port);
  try {
    const times: number[] = [];
    for (let probe = 0; probe < 21; probe++) {
      const begin = performance.now();
      assert.is((await worker.get("/health/live"))?.code, 200);
      times.push(performance.now() - begin);
    }
    const median = times.sort((a, b) => a - b)[10] ?? 0;
    assert.ok(median < 100, `a probe takes ${median.toFixed(0)} ms`);
    const begin = Date.now();
    worker.child.kill("SIGTERM");
    assert.equal(await ended(worker, 12_000), { code: 0, signal: null });
    assert.ok(Date.now() - begin < 8_000, `took ${Date.now() - begin} ms`);
  } finally {
    leave();
  }
});

faultTest(33, "event loop blocked: no probe is answered meanwhile, and afterwards nothing is lost", async () => {
  const worker = await lab().readyWorker({
    NODE_OPTIONS: `--import=${new URL("./blocked-loop.fixture.mjs", import.meta.url).href}`,
    XNOVU_TEST_BLOCK_MS: "5000",
  });
  await lab().insert(50);
  worker.child.kill("SIGUSR2");
  await sleep(200);
  const probe = await fetch(`${worker.url}/health/live`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  assert.is(probe, undefined, "a probe was answered while the loop is blocked");
  await until(async () => (await worker.get("/health/live"))?.code === 200, 10_000);
  await lab().held();
});

faultTest(35, "stdout and stderr closed: no crash, and it goes on", async () => {
  const port = await freePort();
  const env: NodeJS.ProcessEnv = {
    ...lab().env,
    ...quick,
    WORKER_HEALTH_PORT: String(port),
    XNOVU_LOG_LEVEL: "trace",
    NODE_ENV: "test",
  };
  const child = spawn(process.execPath, ["--import", "tsx", "worker/main.ts"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  try {
    child.stdout.resume();
    child.stderr.resume();
    await until(async () => (await ask(`http://127.0.0.1:${port}/health/ready`))?.code === 200, 30_000);
    child.stdout.destroy();
    child.stderr.destroy();
    lab().novu.control.addFault({ match: { path: sendingPaths }, status: 503, times: 2 });
    await lab().insert(100);
    await lab().held();
    assert.is(child.exitCode, null, "it ended");
    child.kill("SIGTERM");
    assert.equal(await exited, [0, null]);
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
});

/** Readiness says that polling is down, and since about when. */
async function polledLastAt(worker: RunningWorker, since: number): Promise<void> {
  const ready = await worker.get("/health/ready");
  assert.is(ready?.code, 503);
  const polling = Object.values(ready?.body.waitsFor ?? {}).find(({ name }) => name === "polling");
  const at = Date.parse(String(polling?.since));
  assert.ok(Math.abs(at - since) < 15_000, `since ${polling?.since}, ${new Date(since).toISOString()} expected`);
}

faultTest(33, "a loop that hangs: liveness fails by its age and names it; health does not hang", async () => {
  const { worker, since, release } = await hung;
  const found = await until(
    async () => {
      const live = await worker.get("/health/live");
      // The loops hang one after the other.
      return live?.code === 503 && JSON.stringify(live.body).includes("new") ? live : undefined;
    },
    60_000,
    () => "alive although its loops hang, or without a word about the loop",
  );
  assert.match(JSON.stringify(found.body), /loops whose poll hangs: .*\bnew\b/);
  await polledLastAt(worker, since);
  await release();
});

faultTest(33, "three deliveries that never end: liveness fails and names the loops that wait for them", async () => {
  const { worker, since, release } = await endless;
  const found = await until(
    async () => {
      const live = await worker.get("/health/live");
      return live?.code === 503 ? live : undefined;
    },
    60_000,
    () => "alive although nothing gets on",
  );
  assert.match(JSON.stringify(found.body), /deliveries make no progress; loops that wait for one to end: new\b/);
  const polling = (await worker.get("/status"))?.body.polling?.new;
  assert.is(polling?.waiting, "for a delivery to end");
  assert.ok(Number(polling?.ageMs) > 20_000, `${polling?.ageMs} ms old`);
  await polledLastAt(worker, since);
  await release();
});

test.run();
