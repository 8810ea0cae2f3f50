import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "../../core/config/parse.ts";
import { fakeServer } from "../../test/support/fake-server.ts";
import { judgeApp } from "./app.ts";
import { type Asked, ask, atMost } from "./ask.ts";
import { exitCodeOf, type Finding } from "./finding.ts";
import { askNovu } from "./novu.ts";
import { clockSays, judgePostgres } from "./postgres-judge.ts";
import type { ServerFacts } from "./postgres-queries.ts";
import { judgeSettings, readSettings } from "./settings.ts";
import { judgeTemporal } from "./temporal-judge.ts";

// What no real server here can be brought to: old and new versions, wrong clocks, pollers of long ago.
const answered = <T>(value: T): Asked<T> => ({ ok: true, value, ms: 1 });
const failed = (message: string, code?: string): Asked<never> => ({
  ok: false,
  ms: 1,
  fault: { message, ...(code ? { code } : {}) },
});
const server: ServerFacts = {
  version: 180_001,
  database: "d",
  user: "u",
  startedAt: "2026-01-01T00:00:00.000Z",
  readOnly: false,
};

test("the exit code: 78 for a bad setting before 1 for what is down; a warning fails nothing", () => {
  const of = (...states: Finding["state"][]) => exitCodeOf(states.map((state) => ({ check: "c", state, found: "" })));
  assert.equal([of("ok", "warn", "unknown"), of("ok", "down"), of("down", "bad")], [0, 1, 78]);
});

test("Postgres by its version", () => {
  const state = (version: number) => judgePostgres({ server: answered({ ...server, version }) }, "app", 0)[0]?.state;
  assert.equal([140_010, 150_000, 180_004, 190_001].map(state), ["down", "ok", "ok", "warn"]);
});

test("clocks that are apart are told from an answer that took long", () => {
  const state = (aheadMs: number, errorMs: number) => clockSays({ aheadMs, errorMs }).state;
  assert.equal(
    [state(500, 5), state(-2_500, 5), state(2_500, 1_000), state(-310_000, 5)],
    ["ok", "warn", "ok", "down"],
  );
});

test("a pooler in statement mode is named as what it is", () => {
  const fine = answered(0 as never);
  const more = {
    session: failed("transaction blocks not allowed in statement pooling mode", "08P01"),
    schema: failed("x"),
    rights: failed("x"),
  };
  const all = judgePostgres(
    { server: answered(server), more: { ...more, sendingPause: failed("x"), backlog: failed("x"), clock: fine } },
    "worker",
    0,
  );
  assert.match(all.find(({ check }) => check === "postgres session")?.todo ?? "", "session-mode");
});

test("a worker that polled long ago polls no more, and its last poll is the since", () => {
  const { temporal } = parse({}, ["temporal"]);
  const now = Date.parse("2026-01-01T00:10:00Z");
  const queue = (...at: string[]) =>
    judgeTemporal(
      {
        server: answered("1"),
        namespace: answered("registered"),
        pollers: answered(at.map((time) => ({ identity: "w", at: time }))),
      },
      temporal,
      now,
    ).find(({ check }) => check === "temporal task queue");
  assert.is(queue("2026-01-01T00:09:01Z", "2026-01-01T00:01:00Z")?.state, "ok");
  const old = queue("2026-01-01T00:08:00Z", "2026-01-01T00:01:00Z");
  assert.equal([old?.state, old?.since], ["down", "2026-01-01T00:08:00Z"]);
});

test("an app that nobody named and that is not here is a warning", () => {
  const facts = { health: failed("refused"), bridge: undefined };
  const state = (named: boolean) => judgeApp(facts, { url: "http://127.0.0.1:4000", named })[0]?.state;
  assert.equal([state(false), state(true)], ["warn", "down"]);
});

test("Novu's workflows are read page by page", async () => {
  const ids = Array.from({ length: 230 }, (_, index) => ({ workflowId: `w${index}` }));
  const novu = await fakeServer((request, response) => {
    const offset = Number(new URL(request.url ?? "", "http://n").searchParams.get("offset"));
    response.end(JSON.stringify({ data: { workflows: ids.slice(offset, offset + 100), totalCount: ids.length } }));
  });
  try {
    const { workflows } = await askNovu({ apiUrl: novu.url, secretKey: "k", timeoutMs: 1 }, 4_000);
    assert.equal(
      workflows,
      ids.map(({ workflowId }) => workflowId),
    );
  } finally {
    await novu.close();
  }
});

test("settings that are allowed and look like a mistake are warned of; secrets from files show as masked", () => {
  const env = {
    TEMPORAL_API_KEY: "k",
    TEMPORAL_TLS: "false",
    TEMPORAL_TLS_CERT: "-----BEGIN CERTIFICATE-----",
    SUPABASE_SERVICE_ROLE_KEY_FILE: "/etc/hostname",
    NOVU_SECRET_KEY: "geheim",
    DATABASE_URL: "postgresql://u:geheim@h/d",
  };
  const report = readSettings(env, "all");
  assert.equal(
    judgeSettings(report).map(({ check, state }) => `${check} ${state}`),
    [
      "settings ok",
      "setting TEMPORAL_TLS_CERT warn",
      "setting TEMPORAL_TLS warn",
      "setting NEXT_PUBLIC_SUPABASE_URL warn",
    ],
  );
  const line = (name: string) => report.lines.find((one) => one.name === name);
  assert.equal([line("SUPABASE_SERVICE_ROLE_KEY")?.from, line("SUPABASE_SERVICE_ROLE_KEY")?.value], ["file", "****"]);
  assert.equal([line("TEMPORAL_TLS_KEY")?.from, line("TEMPORAL_TLS_KEY")?.value], ["unset", null]);
  assert.not.match(JSON.stringify(report.lines), "geheim");
});

test("a question that never ends is given up, and one that closes slowly is not waited for", async () => {
  const late = await ask(() => new Promise(() => undefined), 20);
  assert.equal(late.ok ? "answered" : late.fault.message, "no answer within 20 ms");
  await atMost(10, new Promise(() => undefined));
});

test.run();
