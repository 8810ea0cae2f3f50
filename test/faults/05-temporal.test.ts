// time limit: 500 s
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "node:tls";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../../local/ports.ts";
import { startTemporal, type Temporal } from "../../local/temporal.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { type FaultLab, leaveSoon, openLab, sendingPaths } from "../support/fault-lab.ts";
import { faultTest, skipPart } from "../support/fault-notes.ts";
import { temporaryFolder } from "../support/folder.ts";
import { temporalBinary } from "../support/temporal.ts";
import { type Env, until } from "../support/worker.ts";

// A Temporal of its own, which keeps its data over a restart, and addresses that are not what the settings say.
const folder = temporaryFolder("xnovu-temporal-");
let database: TestDatabase;
let server: Temporal;
let lab: FaultLab;
let start: () => Promise<Temporal>;

test.before(async () => {
  const binary = await temporalBinary();
  const port = await freePort();
  start = () => startTemporal({ binary, port, namespace: "xnovu", dbFile: join(folder.path, "temporal.db") });
  [database, server] = await Promise.all([testDatabase(), start()]);
  lab = await openLab(database.url, server.address);
});
test.before.each(() => lab.clear());
test.after(async () => {
  await lab?.killWorkers();
  await lab?.close();
  await Promise.all([database?.close(), server?.stop()]);
  folder.remove();
  leaveSoon();
});

for (const signal of ["SIGTERM", "SIGKILL"] as const)
  faultTest(18, `Temporal restarted by ${signal} during work: it continues, and no attempt is spent`, async () => {
    const worker = await lab.readyWorker({
      XNOVU_LEASE_MS: "30000",
      POLL_BATCH_SIZE: "10",
      XNOVU_RESTART_LIMIT: "0",
    });
    lab.novu.control.addFault({ match: { path: sendingPaths }, delayMs: 200, times: 100_000 });
    await lab.insert(400);
    await until(async () => ((await lab.counts()).SENT ?? 0) > 0);
    await server.kill(signal);
    await sleep(2_000);
    assert.is((await worker.get("/health/live"))?.code, 200);
    server = await start();
    await lab.insert(20, { recipients: '["after"]' });
    await lab.held({}, 45_000);
    assert.is(worker.child.exit(), undefined);
    const { rows } = await lab.db.query<{ most: number }>("SELECT max(attempts)::int AS most FROM audit.change");
    assert.is(rows[0]?.most, 1, "an attempt was spent");
  });

/** Bad settings end the worker with a reason in time; they are never tried again in silence. */
async function endsWith(env: Env, reasons: readonly RegExp[]): Promise<void> {
  await lab.insert(5);
  const worker = await lab.worker(env);
  const exit = await until(
    () => worker.child.exit(),
    25_000,
    () => `it goes on trying:\n${worker.child.tail()}`,
  );
  assert.ok(exit && exit.code !== null && exit.code !== 0, `exit ${JSON.stringify(exit)}`);
  // What it said last may still be on its way.
  await until(() => reasons.every((reason) => reason.test(worker.output())), 2_000).catch(() => undefined);
  for (const reason of reasons) assert.match(worker.output(), reason);
  assert.equal(await lab.counts(), { PENDING: 5 });
}

faultTest(19, "a namespace that is not there: a clear fatal error", () =>
  endsWith({ TEMPORAL_NAMESPACE: "no-such" }, [/has no namespace .{0,2}no-such/, /TEMPORAL_NAMESPACE/]),
);

faultTest(19, "TLS to a server that speaks none: a clear fatal error", () =>
  endsWith({ TEMPORAL_TLS: "true" }, [/TLS/, /TEMPORAL_TLS/]),
);

faultTest(19, "a certificate that nobody vouches for: a clear fatal error", async () => {
  const tls = certificate();
  if (tls === undefined) return skipPart(19, "a server with TLS", "there is no openssl to make a certificate with");
  const secure = createServer({ ...tls, ALPNProtocols: ["h2"] }, (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  secure.on("tlsClientError", () => undefined);
  const port = await freePort();
  await new Promise<void>((resolve) => secure.listen(port, "127.0.0.1", resolve));
  try {
    const TEMPORAL_ADDRESS = `127.0.0.1:${port}`;
    await endsWith({ TEMPORAL_ADDRESS, TEMPORAL_TLS: "true" }, [/TLS|certificate/i, /TEMPORAL_TLS/]);
  } finally {
    secure.close();
  }
});

function certificate(): { readonly key: string; readonly cert: string } | undefined {
  const [key, cert] = [join(folder.path, "key.pem"), join(folder.path, "cert.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  try {
    execFileSync("openssl", ["req", "-x509", ...newKey, "-out", cert, "-days", "2", ...subject], { stdio: "pipe" });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } catch {
    return undefined;
  }
}

test.run();
