import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort, PortInUseError } from "./ports.ts";
import { type Postgres, PostgresRunningError, startPostgres } from "./postgres.ts";
import { stopPostgresOf } from "./postgres-running.ts";

const settings = { fsync: "off" };
// mkdtemp makes a 0700 folder: as root this is the case of a checkout that an unprivileged account cannot enter.
const closed = mkdtempSync(join(tmpdir(), "xnovu postgres "));
const open = mkdtempSync(join(tmpdir(), "xnovu postgres open "));
chmodSync(open, 0o755);
const started: Postgres[] = [];

async function start(options: Parameters<typeof startPostgres>[0]): Promise<Postgres> {
  const server = await startPostgres({ settings, ...options });
  started.push(server);
  return server;
}

async function query(server: Postgres, sql: string) {
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable("no error"),
    (error: unknown) => error,
  );
}

test.after(async () => {
  // Several handles share a folder, and the last of them may still run in it.
  for (const server of started.reverse()) if (existsSync(server.home)) await server.destroy();
  rmSync(closed, { recursive: true, force: true });
  rmSync(open, { recursive: true, force: true });
});

for (const [version, dataDir] of [
  ["18", join(closed, "eighteen")],
  ["15", join(open, "fif teen")],
] as const)
  test(`Postgres ${version} starts, keeps its data over a stop, a crash and a reused process number`, async () => {
    const first = await start({ dataDir, version });
    assert.match((await query(first, "SHOW server_version"))[0]?.server_version ?? "", new RegExp(`^${version}\\.`));
    await query(first, "CREATE TABLE kept AS SELECT 1 AS one");
    assert.is(statSync(join(first.home, "password")).mode & 0o777, 0o600);
    await first.stop();

    const second = await start({ dataDir, version });
    await query(second, "INSERT INTO kept VALUES (2)");
    await second.kill("SIGKILL");
    assert.ok(existsSync(join(second.home, "data", "postmaster.pid")), "a crash leaves the pid file");

    const third = await start({ dataDir, version });
    await query(third, "CHECKPOINT");
    await third.kill("SIGKILL");
    const pidFile = join(third.home, "data", "postmaster.pid");
    // Of the server's own account: Postgres takes a process of any other for dead.
    const { uid, gid } = statSync(pidFile);
    const stranger = spawn("sleep", ["60"], { uid, gid });
    writeFileSync(pidFile, readFileSync(pidFile, "utf8").replace(/^\d+/, String(stranger.pid)));
    const fourth = await start({ dataDir, version });
    stranger.kill();
    await once(stranger, "exit");
    assert.equal(await query(fourth, "SELECT count(*) FROM kept"), [{ count: "2" }]);
    await fourth.stop();
  });

test("a wrong password is refused, and only 127.0.0.1 is listened on", async () => {
  const server = await start({ dataDir: join(closed, "eighteen") });
  const wrong = new URL(server.url);
  wrong.password = "wrong";
  const client = new pg.Client({ connectionString: wrong.href });
  assert.match(String(await errorOf(client.connect())), /password authentication failed/);
  assert.equal(await query(server, "SHOW listen_addresses"), [{ listen_addresses: "127.0.0.1" }]);
});

test("a second server on the same data is refused by name, and `stopPostgresOf` ends the first", async () => {
  const dataDir = join(closed, "eighteen");
  const error = await errorOf(startPostgres({ dataDir, settings }));
  assert.instance(error, PostgresRunningError);
  assert.ok(await stopPostgresOf(dataDir));
  assert.not(await stopPostgresOf(dataDir));
});

test("a port in use is named with its holder", async () => {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const error = await errorOf(startPostgres({ dataDir: join(open, "never"), port, settings }));
  server.close();
  assert.instance(error, PortInUseError);
  assert.match(String(error), `Port ${port}`);
  if (process.platform === "linux") assert.match(String(error), `process ${process.pid}`);
});

test("data of another version is refused until it is thrown away", async () => {
  const dataDir = join(open, "fif teen");
  assert.match(String(await errorOf(startPostgres({ dataDir, settings }))), /belongs to Postgres 15/);
  const server = await start({ dataDir, fresh: true });
  assert.match((await query(server, "SHOW server_version"))[0]?.server_version ?? "", /^18\./);
});

test("the error for a setting that Postgres refuses contains its message", async () => {
  const dataDir = join(closed, "eighteen");
  assert.match(String(await errorOf(startPostgres({ dataDir, settings: { no_such: "1" } }))), /no_such/);
});

test.run();
