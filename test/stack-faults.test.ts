// time limit: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, stackPlace } from "./support/stack.ts";

// What the stack does when a part of it, or a setting, is broken.
const place = await stackPlace();
const { allPids, nothingLeft, partPid, ports, query, run } = place;
const portFlags = ["--port-offset", String(place.offset)];
test.after(() => place.close());

test("a part that cannot be started again ends the stack, and is named; --fresh forgets what was there", async () => {
  const first = run(["up", "--json", ...portFlags]);
  await first.firstLine();
  await query(`SELECT notify.enqueue('acme', 'sms', '{"subscriberId":"ada","phone":"+441"}', '{"body":"Forget me"}')`);
  const pids = allPids();
  process.kill(partPid("temporal"), "SIGKILL");
  const { code, err } = await first.done;
  assert.is(code, 1);
  assert.match(err, "temporal has ended unexpectedly");
  await nothingLeft(pids);

  const fresh = run(["up", "--json", "--fresh", ...portFlags]);
  await fresh.firstLine();
  assert.equal(await query("SELECT id FROM notify.notification"), []);
  assert.not.match(await (await fetch(at(ports.novu, "/inbox/ada"))).text(), "Forget me");
  fresh.child.kill("SIGTERM");
  assert.is((await fresh.done).code, 0);
});

test("the demo with another key at the bridge fails soon, and says why", async () => {
  const begin = Date.now();
  const { code, err } = await run(["demo", "--bridge-key", "wrong-key-of-the-app"]).done;
  assert.is(code, 1);
  assert.match(err, "The bridge responded with 401");
  assert.match(err, "NOVU_SECRET_KEY of the app differs from Novu's");
  assert.ok(Date.now() - begin < 90_000);
});

test.run();
