import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../../local/ports.ts";
import { xnovu } from "../../test/support/cli.ts";
import type { Env } from "../../test/support/worker.ts";

// The command as people and scripts use it; what it finds is tested in scripts/doctor/examine.test.ts.
const held: Socket[] = [];
const frozen = createServer((socket) => void held.push(socket)).listen(0, "127.0.0.1");
let env: Env;

test.before(async () => {
  if (!frozen.listening) await new Promise((resolve) => frozen.once("listening", resolve));
  const nowhere = `127.0.0.1:${await freePort()}`;
  env = {
    PATH: process.env.PATH,
    DATABASE_URL: `postgresql://u:geheim1@127.0.0.1:${(frozen.address() as AddressInfo).port}/d`,
    NOVU_SECRET_KEY: "geheim2",
    NOVU_API_URL: `http://${nowhere}`,
    TEMPORAL_ADDRESS: nowhere,
  };
});
test.after(async () => {
  for (const socket of held) socket.destroy();
  await new Promise((resolve) => frozen.close(resolve));
});

test("every dependency is down, one hangs: each has its line and advice, and the exit code is 1", async () => {
  const { code, out, err } = await xnovu(["doctor", "--for", "worker", "--timeout", "500"], env);
  assert.is(code, 1, out + err);
  assert.match(out, /^CHECK +STATE +MS +FOUND\n/);
  assert.match(out, /^settings +ok +\d+ read: /m);
  for (const check of ["postgres", "temporal", "novu"])
    assert.match(out, new RegExp(`^${check} +down +\\d+ .*\\n +→ `, "m"));
  assert.match(out, /^temporal task queue +unknown/m);
  assert.match(err, /^xnovu: \d of \d+ checks failed\n$/);
  assert.not.match(out + err, /geheim/);
});

test("--json for machines, 78 for bad settings", async () => {
  const { code, out } = await xnovu(["doctor", "--for", "app", "--timeout", "500", "--json"], { ...env, PORT: "none" });
  assert.is(code, 78);
  const { ok, checks, settings } = JSON.parse(out);
  assert.is(ok, false);
  assert.ok(
    checks.some(({ check, state }: { check: string; state: string }) => check === "setting PORT" && state === "bad"),
  );
  assert.equal(
    settings.find(({ name }: { name: string }) => name === "NOVU_SECRET_KEY"),
    { group: "novu", name: "NOVU_SECRET_KEY", value: "****", from: "environment" },
  );
});

test("wrong flags are usage errors", async () => {
  assert.is((await xnovu(["doctor", "--for", "everybody"], env)).code, 2);
  assert.match((await xnovu(["doctor", "--app-url", "notify.example.com"], env)).err, /--app-url must be an address/);
  assert.match((await xnovu(["doctor", "--help"], env)).out, /^Examples:\n {2}pnpm xnovu doctor /);
});

test.run();
