// time limit: 240 s
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { identityOf } from "../core/process-identity.ts";
import { at, eventually, stackPlace } from "./support/stack.ts";

// The whole stack as people use it: the command line as a process, and real parts.
const place = await stackPlace();
const { allPids, nothingLeft, partPid, ports, query, run, state, stateDir } = place;
const portFlags = ["--port-offset", String(place.offset)];
test.after(() => place.close());

test("up starts everything; a plain INSERT is SENT at once; Ctrl-C stops everything", async () => {
  const up = run(["up", "--json", ...portFlags], { NOVU_SECRET_KEY_FILE: "/no/such/file", TEMPORAL_TLS: "true" });
  const said = JSON.parse(await up.firstLine());
  assert.is(said.app, at(ports.app, ""));
  assert.is(said.already, false);

  for (const url of [at(ports.app, "/api/health"), at(ports.worker, "/health"), at(ports.worker, "/status")]) {
    const response = await fetch(url);
    assert.is(response.status, 200, url);
    assert.type(await response.json(), "object");
  }
  assert.match(await (await fetch(at(ports.worker, "/metrics"))).text(), "# TYPE ");
  assert.match(await (await fetch(at(ports.app, "/"))).text(), at(ports.novu, ""));
  assert.is((await fetch(at(ports.temporalUi, "/"))).status, 200);

  await query(`INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
    VALUES ('acme', 'email', '[{"subscriberId":"ada","email":"ada@example.com"}]', '{"subject":"Hello","body":"First"}')`);
  const sent = async () =>
    (await query<{ status: string }>("SELECT status FROM notify.notification"))[0]?.status === "SENT";
  await eventually("SENT", sent, 5_000);
  const inbox = async () => (await fetch(at(ports.novu, "/inbox/ada"))).text();
  await eventually("in the inbox", async () => (await inbox()).includes("Hello"));

  // No password and no key where everybody on the machine can read it.
  const { databaseUrl } = state();
  const key = readFileSync(join(stateDir, "novu/secret-key"), "utf8").trim();
  for (const pid of allPids()) {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    assert.not.ok(argv.includes(new URL(databaseUrl).password) || argv.includes(key), argv);
  }

  const pids = allPids();
  up.child.kill("SIGINT");
  const { code, err } = await up.done;
  assert.is(code, 0);
  assert.match(err, /Ignored.*TEMPORAL_TLS.*NOVU_SECRET_KEY_FILE/);
  assert.match(
    err,
    /worker stopped[\s\S]*app stopped[\s\S]*novu stopped[\s\S]*temporal stopped[\s\S]*postgres stopped/,
  );
  await nothingLeft(pids);
});

test("data survives a restart; a second up, and a stack on the same ports, report what runs", async () => {
  assert.is((await run(["up", "--detach", ...portFlags]).done).code, 0);
  assert.equal(await query("SELECT status FROM notify.notification"), [{ status: "SENT" }]);
  assert.match(await (await fetch(at(ports.novu, "/inbox/ada"))).text(), "Hello");

  const again = await run(["up"]).done;
  assert.is(again.code, 0);
  assert.match(again.err, `already up (process ${state().pid})`);
  assert.match(again.out, at(ports.app, ""));
  const fresh = await run(["up", "--fresh"]).done;
  assert.is(fresh.code, 1);
  assert.match(fresh.err, "pnpm xnovu down");

  const other = await run(["up", ...portFlags], { XNOVU_STATE_DIR: join(place.folder, "other") }).done;
  assert.is(other.code, 1);
  for (const port of Object.values(ports)) assert.match(other.err, new RegExp(`${port} for .*held by .*process \\d+`));
  assert.match(other.err, `--port-offset ${place.offset + 100}`);
});

test("the demo uses the stack that is up, and finds everything delivered", async () => {
  const { code, out, err } = await run(["demo", "--json"]).done;
  assert.is(code, 0, err);
  const { delivered, notifications } = JSON.parse(out);
  assert.is(delivered, true);
  const way = (n: { timeline: { to: string }[] }) => n.timeline.map(({ to }) => to).join(" ");
  assert.equal(
    notifications.map(way),
    Array.from({ length: 6 }, () => "PENDING PROCESSING SENT"),
  );
  const channels = notifications.flatMap((n: { received: { channel: string }[] }) => n.received.map((m) => m.channel));
  assert.equal(channels.sort(), ["chat", "chat", "email", "email", "in_app", "in_app", "push", "push", "sms", "sms"]);
});

test("a worker that dies is started again", async () => {
  const pid = partPid("worker");
  process.kill(pid, "SIGKILL");
  await eventually("another worker", () => partPid("worker") !== pid && partPid("worker") !== 0);
  const healthy = () =>
    fetch(at(ports.worker, "/health")).then(
      (response) => response.ok,
      () => false,
    );
  await eventually("a healthy worker", healthy, 40_000);
});

test("what a killed stack leaves behind is stopped by down, and down without a stack is fine", async () => {
  const pids = allPids();
  process.kill(state().pid, "SIGKILL");
  await eventually("the stack's end", () => identityOf(state().pid) === undefined);
  const { code, out } = await run(["down"]).done;
  assert.is(code, 0);
  for (const name of ["worker", "app", "novu", "temporal", "postgres"]) assert.match(out, `${name} (process `);
  await nothingLeft(pids);
  const again = await run(["down"]).done;
  assert.is(again.code, 0);
  assert.match(again.out, "Nothing runs");
});

test.run();
