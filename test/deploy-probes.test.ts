// time limit: 900 s
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startChild, waitReady } from "../local/child.ts";
import { freePort } from "../local/ports.ts";
import { at, find, parseManifests, podOf } from "../scripts/dev/deploy-check/manifest.ts";
import { placeApp, startApp } from "./support/app.ts";
import { testDatabase } from "./support/database.ts";
import { temporaryFolder } from "./support/folder.ts";
import { within } from "./support/within.ts";
import { root } from "./support/worker.ts";

// The probes of deploy/kubernetes, against app and worker while everything that they depend on is away. A probe that fails then would restart
// or hide every pod at once.

const folder = temporaryFolder("xnovu-probes-");
const deployment = (name: string): unknown => {
  const file = join(root, "deploy/kubernetes/base", `${name}.yaml`);
  const found = find(parseManifests(readFileSync(file, "utf8"), file), "Deployment", `xnovu-${name}`);
  return found && podOf(found);
};
const probes = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
const pathsOf = (name: string) =>
  probes.map((probe) => String(at(deployment(name), "containers", 0, probe, "httpGet", "path")));
const secretFile = (name: string, value: string): string => {
  const file = join(folder.path, name);
  writeFileSync(file, value);
  return file;
};

/** Settings of a pod whose Postgres, Temporal and Novu do not answer; its secrets are files, as in the manifests. */
async function nobodyThere(): Promise<Record<string, string>> {
  const closed = `127.0.0.1:${await freePort()}`;
  return {
    PATH: process.env.PATH ?? "",
    DATABASE_URL_FILE: secretFile("DATABASE_URL", `postgresql://u:p@${closed}/x`),
    NOVU_SECRET_KEY_FILE: secretFile("NOVU_SECRET_KEY", "key-of-the-test"),
    NOVU_API_URL: `http://${closed}`,
    TEMPORAL_ADDRESS: closed,
    XNOVU_STATE_DIR: join(folder.path, "state"),
  };
}

let placed: Promise<string> | undefined;
const server = (): Promise<string> => {
  placed ??= placeApp(folder.path);
  return placed;
};
const status = async (url: string): Promise<number> => (await fetch(url)).status;

test(
  "the app: every probe passes while Postgres and Novu are away, /api/health does not",
  within(300, async () => {
    const app = await startApp(await server(), await nobodyThere());
    try {
      for (const path of pathsOf("app")) assert.is(await status(app.url + path), 200, path);
      assert.is(await status(`${app.url}/api/health`), 503);
    } finally {
      await app.child.stop();
    }
  }),
);

test(
  "the app without its key is not ready, and lives",
  within(300, async () => {
    const { NOVU_SECRET_KEY_FILE: _, ...env } = await nobodyThere();
    const app = await startApp(await server(), env);
    try {
      const [, live, ready] = await Promise.all(pathsOf("app").map((path) => status(app.url + path)));
      assert.equal([live, ready], [200, 503]);
    } finally {
      await app.child.stop();
    }
  }),
);

test(
  "the worker: starts and lives while all is away, and is not ready",
  within(300, async () => {
    const port = await freePort();
    const env = { ...(await nobodyThere()), WORKER_HEALTH_PORT: String(port), XNOVU_WORKER_HOST: "127.0.0.1" };
    const child = await startChild({
      name: "worker",
      file: process.execPath,
      args: ["--import", "tsx", join(root, "worker/main.ts")],
      cwd: root,
      env: { ...env, NODE_ENV: "production", XNOVU_TEST_FILE: process.env.XNOVU_TEST_FILE },
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      const [start = "", live = "", ready = ""] = pathsOf("worker");
      await waitReady(child, () => fetch(url + start), { limitMs: 30_000 });
      assert.equal([await status(url + start), await status(url + live), await status(url + ready)], [200, 200, 503]);
    } finally {
      await child.stop();
    }
  }),
);

test(
  "the init container waits for missing migrations, and not for a schema that is newer",
  within(300, async () => {
    const database = await testDatabase();
    const client = new pg.Client({ connectionString: database.url });
    client.on("error", () => undefined);
    await client.connect();
    const blank = new URL(database.url);
    blank.pathname = `/blank_${process.pid}`;
    try {
      await client.query(`CREATE DATABASE blank_${process.pid}`);
      assert.is(await runInit(blank.href, 6_000), "waits");
      assert.is(await runInit(database.url, 30_000), "passes");
      await client.query(
        "INSERT INTO notify.schema_migration (name, run_on) VALUES ('29991231000000000_later', now())",
      );
      assert.is(await runInit(database.url, 30_000), "passes");
    } finally {
      await client.query(`DROP DATABASE IF EXISTS blank_${process.pid} (FORCE)`);
      await client.end();
      await database.close();
    }
  }),
);

/** Runs the init container's command as the image would, for a while. */
async function runInit(url: string, ms: number): Promise<"passes" | "waits"> {
  const command = at(deployment("app"), "initContainers", 0, "command");
  assert.ok(Array.isArray(command));
  const [file = "", ...args] = command.map(String);
  const pnpm = join(folder.path, "pnpm");
  writeFileSync(pnpm, `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, "scripts/xnovu.mjs")}" "$@"\n`);
  chmodSync(pnpm, 0o755);
  const PATH = `${folder.path}${delimiter}${process.env.PATH}`;
  // A group of its own, so that the loop's children end with it.
  const child = spawn(file, args, {
    cwd: root,
    detached: true,
    stdio: "ignore",
    env: { PATH, NODE_ENV: "test", DATABASE_URL_FILE: secretFile("INIT_URL", url) },
  });
  const timer = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), ms);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return code === 0 ? "passes" : "waits";
}

test.after(() => folder.remove());
test.run();
