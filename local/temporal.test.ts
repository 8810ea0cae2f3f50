import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { platformName } from "./cache.ts";
import { freePort, portInUse } from "./ports.ts";
import { findTemporal, startTemporal, type Temporal, TemporalNotFoundError, temporalVersion } from "./temporal.ts";

const folder = mkdtempSync(join(tmpdir(), "xnovu temporal "));
const quiet = () => undefined;
let server: Temporal | undefined;

test.after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function program(path: string, prints: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${prints}'\n`);
  chmodSync(path, 0o755);
  return path;
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.unreachable("no error"),
    (error: unknown) => error,
  );

test("the explicit path is used, or is an error", async () => {
  const explicitPath = program(join(folder, "mine", "temporal"), "temporal version 9");
  assert.is(await findTemporal({ explicitPath, log: quiet }), explicitPath);
  const wrong = program(join(folder, "wrong", "temporal"), "hello");
  const error = await errorOf(findTemporal({ explicitPath: wrong, log: quiet }));
  assert.instance(error, TemporalNotFoundError);
  assert.match(String(error), "not the Temporal CLI");
});

test("PATH comes before the cache, and another program of the same name is passed over", async () => {
  const cached = program(join(folder, "cache", `temporal-${temporalVersion}-${platformName}`, "temporal"), "any");
  const cacheDir = join(folder, "cache");
  const mine = join(folder, "mine", "temporal");
  assert.is(await findTemporal({ cacheDir, path: `/nowhere:${join(folder, "mine")}`, log: quiet }), mine);
  assert.is(await findTemporal({ cacheDir, path: join(folder, "wrong"), log: quiet }), cached);
});

test("a server that lost one of its own ports to another process is started again", async () => {
  const binary = await findTemporal({
    ...(process.env.XNOVU_TEMPORAL_CLI ? { explicitPath: process.env.XNOVU_TEMPORAL_CLI } : {}),
    log: console.error,
  });
  // The dev server's own way to fail: a panic, and a stack longer than what is kept of the output.
  const racing = join(folder, "racing");
  writeFileSync(
    racing,
    `#!/bin/sh
if mkdir '${racing}.once' 2>/dev/null; then
  echo 'panic: listen tcp 127.0.0.1:7233: bind: address already in use' >&2
  seq -f 'main.go:%g' 100 >&2
  exit 2
fi
exec '${binary}' "$@"
`,
  );
  chmodSync(racing, 0o755);
  const lucky = await startTemporal({ binary: racing, namespace: "xnovu", port: await freePort() });
  await lucky.stop();
});

test("the server starts for its namespace, keeps workflows in its file, and leaves no port behind", async () => {
  const binary = await findTemporal({
    ...(process.env.XNOVU_TEMPORAL_CLI ? { explicitPath: process.env.XNOVU_TEMPORAL_CLI } : {}),
    log: console.error,
  });
  const dbFile = join(folder, "temporal.db");
  server = await startTemporal({ binary, namespace: "xnovu", dbFile });
  assert.is(await startedWorkflows(server.address, "first"), 1);
  await server.kill("SIGKILL");
  server = await startTemporal({ binary, namespace: "xnovu", dbFile });
  assert.is(await startedWorkflows(server.address), 1);
  const { port } = server;
  await server.stop();
  assert.not(await portInUse(port));
  assert.ok(existsSync(dbFile));
});

async function startedWorkflows(address: string, start?: string): Promise<number> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace: "xnovu" });
    if (start) await client.workflow.start("any", { taskQueue: "none", workflowId: start });
    return start ? 1 : (await client.workflow.getHandle("first").describe()).historyLength > 0 ? 1 : 0;
  } finally {
    await connection.close();
  }
}

test("the error for a program that ends at once contains its last lines", async () => {
  const binary = program(join(folder, "dies", "temporal"), "no space left");
  const error = await errorOf(startTemporal({ binary, namespace: "xnovu", port: await freePort() }));
  assert.match(String(error), /temporal ended \(exit 0\) before it was ready[\s\S]*no space left/);
});

test("nothing half made stays in the cache", () => {
  assert.equal(readdirSync(join(folder, "cache")), [`temporal-${temporalVersion}-${platformName}`]);
});

test.run();
