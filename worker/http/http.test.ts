import { Agent, get, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { XnovuError } from "../../core/errors.ts";
import { type Check, type HealthSource, health, live, ready } from "./health.ts";
import { metricsOver } from "./metrics.fixture.ts";
import { type HttpOptions, serve } from "./server.ts";

const up = (): Check => ({ status: "up" });
const down = (): Check => ({ status: "down", error: "away" });
const source = (more: Partial<HealthSource> = {}): HealthSource => ({
  accepting: () => true,
  database: up,
  temporal: up,
  polling: up,
  processing: up,
  watchdog: up,
  ...more,
});
const options = (more: Partial<HttpOptions> = {}): HttpOptions => ({
  host: "127.0.0.1",
  port: 0,
  source: source(),
  status: () => ({ status: "running" }),
  metrics: metricsOver(),
  closeTimeoutMs: 2_000,
  ...more,
});

test("health, ready and live by what is down", () => {
  const table: [string, Partial<HealthSource>, number, number, number][] = [
    ["all up", {}, 200, 200, 200],
    ["database", { database: down }, 503, 503, 200],
    ["temporal", { temporal: down }, 503, 503, 200],
    ["polling", { polling: down }, 503, 503, 200],
    ["processing", { processing: down }, 503, 200, 200],
    ["stopping", { accepting: () => false }, 503, 503, 200],
    ["hanging", { watchdog: down, polling: down }, 503, 503, 503],
  ];
  for (const [name, more, ...codes] of table) {
    const made = source(more);
    assert.equal([health(made).code, ready(made).code, live(made).code], codes, name);
  }
  assert.equal(ready(source({ temporal: down })).body, {
    status: "error",
    waitsFor: [{ name: "temporal", error: "away", since: undefined }],
  });
});

test("the server answers GET and HEAD, 404 with the paths, 405, and is never cached", async () => {
  const http = await serve(options({ source: source({ database: down }) }));
  try {
    const url = `http://127.0.0.1:${http.port}`;
    const answer = await fetch(`${url}/health?verbose=1`);
    assert.is(answer.status, 503);
    assert.is(answer.headers.get("cache-control"), "no-store");
    assert.is(((await answer.json()) as { status: string }).status, "error");
    const head = await fetch(`${url}/health`, { method: "HEAD" });
    assert.equal([head.status, await head.text()], [503, ""]);
    assert.is((await fetch(`${url}/health/live`)).status, 200);
    const missing = await fetch(`${url}/nothing`);
    assert.is(missing.status, 404);
    assert.match(await missing.text(), "/metrics");
    for (const path of ["/toString", "/__proto__"]) assert.is((await fetch(url + path)).status, 404, path);
    const posted = await fetch(`${url}/health`, { method: "POST", body: "x" });
    assert.equal([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
  } finally {
    await http.terminate();
  }
});

test("a port in use is named", async () => {
  const first = await serve(options());
  try {
    await serve(options({ port: first.port })).then(
      () => assert.unreachable(),
      (error: unknown) => {
        assert.instance(error, XnovuError);
        assert.match(String(error), `port ${first.port} is already in use`);
      },
    );
  } finally {
    await first.terminate();
  }
});

test("a stop closes idle connections at once, and lets a request under way finish", async () => {
  let answerNow: () => void = () => undefined;
  const metrics = metricsOver();
  const slow = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  const original = metrics.registry.metrics.bind(metrics.registry);
  metrics.registry.metrics = async () => {
    await slow;
    return original();
  };
  const http = await serve(options({ metrics }));
  const agent = new Agent({ keepAlive: true });
  const status = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get({ port: http.port, host: "127.0.0.1", path, agent }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      }).on("error", reject);
    });
  assert.is(await status("/health"), 200);
  const underWay = status("/metrics");
  await sleep(30);
  const idle = request({ port: http.port, host: "127.0.0.1", path: "/health", agent });
  idle.on("error", () => undefined);
  idle.end();
  await sleep(30);
  const begin = Date.now();
  const ended = http.terminate();
  await sleep(50);
  answerNow();
  assert.is(await underWay, 200);
  await ended;
  assert.ok(Date.now() - begin < 1_000, `took ${Date.now() - begin} ms`);
  await fetch(`http://127.0.0.1:${http.port}/health`).then(
    () => assert.unreachable(),
    () => undefined,
  );
  agent.destroy();
});

test.run();
