import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testDatabase } from "../test/support/database.ts";
import { tcpProxy } from "../test/support/tcp-proxy.ts";

const program = `
const { createPool } = await import(process.argv[1]);
const pool = createPool({ url: process.argv[2], poolSize: 2, statementTimeoutMs: 5000, name: "test-pool" });
await pool.query("SELECT 1");
const signalled = new Promise((resolve) => process.once("SIGUSR2", resolve));
const waiting = setInterval(() => undefined, 1000);
process.stdout.write("asked");
await signalled;
clearInterval(waiting);
await pool.end();
`;

test("a process whose connections went half-open ends once its pool has", async () => {
  const database = await testDatabase();
  const proxy = await tcpProxy(new URL(database.url).host);
  const pool = fileURLToPath(new URL("pool.ts", import.meta.url));
  const args = ["--import", "tsx", "--input-type=module", "-e", program, pool, proxy.through(database.url)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), 15_000);
  try {
    const exited = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), exited]);
    proxy.strand();
    child.kill("SIGUSR2");
    assert.equal(await exited, [0, null]);
  } finally {
    clearTimeout(limit);
    await proxy.close();
    await database.close();
  }
});

test.run();
