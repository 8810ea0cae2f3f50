import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "../../core/config/parse.ts";
import type { Measured } from "../../core/diagnosis/measure.ts";
import { fakeServer } from "../../test/support/fake-server.ts";
import { appFindings } from "./app.ts";
import { atMost } from "./at-most.ts";
import { type Audience, exitCodeOf, type Finding } from "./finding.ts";
import { queryNovu } from "./novu.ts";
import { clockVerdict, postgresFindings } from "./postgres-findings.ts";
import type { ServerFacts } from "./postgres-queries.ts";
import { readSettings, settingsFindings } from "./settings.ts";
import { temporalFindings } from "./temporal-findings.ts";

// What the real servers of the tests cannot show: old and new versions, wrong clocks, pollers that stopped.
const measured = <T>(value: T): Measured<T> => ({ ok: true, value, ms: 1 });
const failed = (message: string, code?: string): Measured<never> => ({
  ok: false,
  ms: 1,
  error: Object.assign(new Error(message), { code }),
});
const server: ServerFacts = {
  version: 180_001,
  database: "d",
  user: "u",
  startedAt: "2026-01-01T00:00:00.000Z",
  readOnly: false,
};

test("the exit code is 78 for a bad setting, else 1 for a dependency that is down; a warning does not fail the command", () => {
  const of = (...states: Finding["state"][]) => exitCodeOf(states.map((state) => ({ check: "c", state, found: "" })));
  assert.equal([of("ok", "warn", "unknown"), of("ok", "down"), of("down", "bad")], [0, 1, 78]);
});

const context = (audience: Audience) => ({ audience, url: "postgresql://u:p@h/d", pollIntervalMs: 0 });

test("Postgres is judged by its version", () => {
  const state = (version: number) =>
    postgresFindings({ server: measured({ ...server, version }) }, context("app"))[0]?.state;
  assert.equal([140_010, 150_000, 180_004, 190_001].map(state), ["down", "ok", "ok", "warn"]);
});

test("a clock difference counts only beyond the error of a slow round trip", () => {
  const state = (aheadMs: number, errorMs: number) => clockVerdict({ aheadMs, errorMs }).state;
  assert.equal(
    [state(500, 5), state(-2_500, 5), state(2_500, 1_000), state(-310_000, 5)],
    ["ok", "warn", "ok", "down"],
  );
});

test("a pooler in statement mode gets the hint on poolers", () => {
  const fine = measured(0 as never);
  const more = {
    session: failed("transaction blocks not allowed in statement pooling mode", "08P01"),
    schema: failed("x"),
    rights: failed("x"),
  };
  const all = postgresFindings(
    { server: measured(server), more: { ...more, sendingPause: failed("x"), backlog: failed("x"), clock: fine } },
    context("worker"),
  );
  assert.match(all.find(({ check }) => check === "postgres session")?.todo ?? "", "session-mode");
});

test("a worker whose last poll is old does not count, and the finding says since when", () => {
  const { temporal } = parse({}, ["temporal"]);
  const now = Date.parse("2026-01-01T00:10:00Z");
  const queue = (...at: string[]) =>
    temporalFindings(
      {
        server: measured("1"),
        namespace: measured("registered"),
        pollers: measured(at.map((time) => ({ identity: "w", at: time }))),
      },
      temporal,
      now,
    ).find(({ check }) => check === "temporal task queue");
  assert.is(queue("2026-01-01T00:09:01Z", "2026-01-01T00:01:00Z")?.state, "ok");
  const old = queue("2026-01-01T00:08:00Z", "2026-01-01T00:01:00Z");
  assert.equal([old?.state, old?.since], ["down", "2026-01-01T00:08:00Z"]);
});

test("an app that does not respond is a warning unless a setting names its address", () => {
  const facts = { health: failed("refused"), bridge: undefined };
  const state = (named: boolean) => appFindings(facts, { url: "http://127.0.0.1:4000", named })[0]?.state;
  assert.equal([state(false), state(true)], ["warn", "down"]);
});

test("queryNovu reads all pages of workflows", async () => {
  const ids = Array.from({ length: 230 }, (_, index) => ({ workflowId: `w${index}` }));
  const novu = await fakeServer((request, response) => {
    const offset = Number(new URL(request.url ?? "", "http://n").searchParams.get("offset"));
    response.end(JSON.stringify({ data: { workflows: ids.slice(offset, offset + 100), totalCount: ids.length } }));
  });
  try {
    const { workflows } = await queryNovu({ apiUrl: novu.url, secretKey: "k", timeoutMs: 1 }, 4_000);
    assert.equal(
      workflows,
      ids.map(({ workflowId }) => workflowId),
    );
  } finally {
    await novu.close();
  }
});

test("valid settings that look like mistakes give warnings; secrets from files are masked", () => {
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
    settingsFindings(report).map(({ check, state }) => `${check} ${state}`),
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

test("atMost does not wait longer for a close that hangs", async () => {
  const startedAt = performance.now();
  await atMost(10, new Promise(() => undefined));
  assert.ok(performance.now() - startedAt < 1_000);
});

test.run();
