// time limit: 900 s
// Bake by itself in a plain checkout, and what it made under compose.yaml: from a row in the database to a message of Novu.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import type { Repository } from "../scripts/image/repository.fixture.ts";
import { testDatabase, testPool } from "./support/database.ts";
import { type TestEngine, testEngine } from "./support/engine.ts";
import { temporaryFolder } from "./support/folder.ts";
import { buildEnv, command, envFile, hostServers, projectCheckout, succeed } from "./support/real-image.ts";
import { testTemporal } from "./support/temporal.ts";
import { within } from "./support/within.ts";
import { until } from "./support/worker.ts";

const folder = temporaryFolder("xnovu-compose-");
let engine: TestEngine | undefined;
let repository: Repository;
let place: { cwd: string; env: NodeJS.ProcessEnv };

test.before(async () => {
  engine = await testEngine();
  if (!engine) return;
  repository = projectCheckout(join(folder.path, "checkout"));
  place = { cwd: repository.path, env: await buildEnv(engine) };
});
test.after(async () => {
  await engine?.stop();
  folder.remove();
});

const docker = (...args: string[]) => succeed("docker", args, place);
/** The container's user reads it, as it does when docs/deploy/compose.md is followed. */
function secretFile(name: string, value: string): string {
  const path = join(folder.path, `secret-${name}`);
  writeFileSync(path, `${value}\n`, { mode: 0o444 });
  return path;
}
/** Bake asks before it reads a file outside the checkout. */
const bake = (...args: string[]) =>
  docker("buildx", "bake", ...(place.env.CA_FILE ? ["--allow", `fs.read=${place.env.CA_FILE}`] : []), ...args);
// A build takes minutes on a loaded machine.
const onEngine = (name: string, work: (engine: TestEngine) => Promise<void>) =>
  test(
    name,
    within(600, async () => (engine === undefined ? undefined : await work(engine))),
  );

onEngine("docker buildx bake builds the local image from a plain checkout", async () => {
  await bake();
  assert.is(await docker("image", "inspect", "--format", "{{.Os}}", "xnovu:dev"), "linux");
});

onEngine("docker buildx bake release --print", async () => {
  const plan = JSON.parse(await bake("release", "--print"));
  assert.equal(Object.keys(plan.target), ["release-image"]);
  assert.equal(plan.target["release-image"].platforms, ["linux/amd64", "linux/arm64"]);
});

onEngine("docker buildx bake validate: its checks of the Dockerfile, the format and the types", async () => {
  const plan = JSON.parse(await bake("validate", "--print"));
  assert.equal(Object.keys(plan.target).sort(), ["check", "lint", "test", "types"]);
  assert.match(await bake("check"), /no warnings found/);
  await bake("lint", "types");
});

onEngine("a setting that bake's validation refuses", async () => {
  const env = { ...place.env, TAGS: "not a tag" };
  const { code, stderr } = await command("docker", ["buildx", "bake", "release", "--print"], { ...place, env });
  assert.is.not(code, 0);
  assert.match(stderr, /TAGS holds something that is not an image tag/);
});

onEngine("docker compose up without a setting ends, with one message that names all that are missing", async () => {
  const project = `xnovu-bare-${process.pid}`;
  const env = { ...place.env, XNOVU_IMAGE: "xnovu:dev", DATABASE_URL: "", NOVU_SECRET_KEY: "" };
  const compose = (...args: string[]) =>
    command("docker", ["compose", "--project-name", project, ...args], { ...place, env });
  try {
    const { code, stdout, stderr } = await compose("up");
    assert.is(code, 1);
    assert.match(stderr, /"migrate" didn't complete successfully: exit 78/);
    for (const name of ["NOVU_SECRET_KEY", "DATABASE_URL"])
      assert.is(`${stdout}${stderr}`.split(`${name} is missing`).length, 2, `${name} is named once`);
    const states = await compose("ps", "--all", "--format", "{{.Service}} {{.State}}");
    assert.equal(states.stdout.trim().split("\n").sort(), ["app created", "migrate exited", "worker created"]);
  } finally {
    await compose("down");
  }
});

onEngine("docker compose: both healthy, a row becomes a message, and down drains", async (own) => {
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  const db = testPool(database.url);
  // Without tables: making them is part of what compose.yaml starts.
  const empty = new URL(database.url);
  empty.pathname += "_empty";
  await db.query(`CREATE DATABASE ${empty.pathname.slice(1)}`);
  const servers = await hostServers(own, empty.href, temporal.address);
  const rows = testPool(empty.href);
  const [app, worker] = [await freePort(), await freePort()];
  const override = join(folder.path, "ports.yaml");
  writeFileSync(
    override,
    `services:\n  app: { ports: !override ["127.0.0.1:${app}:4000"] }\n  worker: { ports: !override ["127.0.0.1:${worker}:3001"] }\n`,
  );
  const project = `xnovu-test-${process.pid}`;
  const { NOVU_SECRET_KEY = "", DATABASE_URL = "", ...open } = servers.settings;
  const secrets = {
    NOVU_SECRET_KEY_FILE: secretFile("novu", NOVU_SECRET_KEY),
    DATABASE_URL_FILE: secretFile("url", DATABASE_URL),
  };
  writeFileSync(join(repository.path, ".env"), envFile({ ...open, ...secrets, XNOVU_IMAGE: "xnovu:dev" }));
  const compose = (...args: string[]) =>
    docker("compose", "--project-name", project, "-f", "compose.yaml", "-f", override, ...args);
  try {
    await compose("up", "-d", "--wait");
    for (const service of ["app", "worker"]) {
      const id = await compose("ps", "--quiet", service);
      assert.is(await docker("inspect", "--format", "{{.State.Health.Status}}", id), "healthy");
      const limits =
        "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.ReadonlyRootfs}}";
      const memory = service === "app" ? 512 << 20 : 1 << 30;
      assert.is(await docker("inspect", "--format", limits, id), `1000000000 ${memory} 256 true`);
      const inspected = await docker("inspect", id);
      for (const secret of [NOVU_SECRET_KEY, DATABASE_URL]) assert.not.ok(inspected.includes(secret), service);
    }
    await servers.novu.control.sync(`http://127.0.0.1:${app}/api/novu`);
    const { rows: inserted } = await rows.query<{ id: string }>(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
       VALUES ('acme', 'email', '[{"subscriberId":"ada","email":"ada@example.com"}]', '{"subject":"Hello","body":"By compose"}') RETURNING id`,
    );
    const status = "SELECT status FROM notify.notification WHERE id = $1";
    await until(async () => (await rows.query(status, [inserted[0]?.id])).rows[0]?.status === "SENT");
    await servers.novu.control.idle();
    assert.match(JSON.stringify(servers.novu.control.messages("ada")), /By compose/);

    // How they end is gone with them after `down`: the engine's events keep it.
    const since = String(Math.floor(Date.now() / 1000) - 1);
    await compose("down");
    const label = `label=com.docker.compose.project=${project}`;
    const end = String(Math.ceil(Date.now() / 1000) + 1);
    const format = '{{index .Actor.Attributes "com.docker.compose.service"}} {{.Actor.Attributes.exitCode}}';
    const range = ["--since", since, "--until", end, "--filter", label, "--filter", "event=die"];
    const ends = (await docker("events", ...range, "--format", format)).split("\n").sort();
    assert.equal(ends, ["app 0", "worker 0"]);
    assert.is(await docker("ps", "--all", "--quiet", "--filter", label), "");
  } catch (error) {
    console.error(await compose("logs", "--tail", "30").catch(String));
    throw error;
  } finally {
    await compose("down", "--timeout", "5").catch(() => undefined);
    await rows.end();
    await servers.close();
    await db.query(`DROP DATABASE ${empty.pathname.slice(1)} (FORCE)`);
    await db.end();
    await Promise.all([database.close(), temporal.close()]);
  }
});

test.run();
