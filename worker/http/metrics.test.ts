import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { statusLabel, statusLabels } from "./metrics/novu.ts";
import { metricsOver } from "./metrics.fixture.ts";
import type { Metrics } from "./metrics.ts";

const lines = async ({ registry }: Metrics) => new Set((await registry.metrics()).split("\n"));
const has = async (metrics: Metrics, wanted: readonly string[]) => {
  const found = await lines(metrics);
  for (const line of wanted) assert.ok(found.has(line), line);
};

test("recorders count, in seconds and by bounded labels", async () => {
  const metrics = metricsOver();
  metrics.settled("sent", 3);
  metrics.leaseLost(1);
  metrics.claimed("new", 3);
  metrics.claimed("rescue", 0);
  metrics.polled("new", "idle", 12);
  metrics.called("sent", 40, 3);
  metrics.requested(401, 250);
  metrics.requested(undefined, 10_000);
  metrics.breakerOpened();
  metrics.recovered(true);
  metrics.delivered([{ workflow: "email", outcome: "sent", attempt: 2, tookMs: 40, sinceDueMs: 29_000 }]);
  metrics.delivered([{ workflow: "sign-up-code", outcome: "failed", attempt: 1, tookMs: 40 }]);
  metrics.delivered([{ workflow: "made up by a tenant", outcome: "dead", attempt: 8, tookMs: 40 }]);
  await has(metrics, [
    'xnovu_notifications_total{outcome="sent"} 3',
    "xnovu_lease_lost_total 1",
    'xnovu_claimed_notifications_total{loop="new"} 3',
    'xnovu_claim_size_bucket{le="5",loop="new"} 1',
    'xnovu_claim_size_count{loop="rescue"} 0',
    'xnovu_polls_total{loop="new",result="idle"} 1',
    'xnovu_novu_events_total{result="sent"} 3',
    'xnovu_novu_request_duration_seconds_sum{status="401"} 0.25',
    'xnovu_novu_request_duration_seconds_count{status="none"} 1',
    "xnovu_breaker_opened_total 1",
    'xnovu_worker_recoveries_total{result="gone"} 1',
    'xnovu_workflow_notifications_total{workflow="email",channel="email",outcome="sent"} 1',
    'xnovu_workflow_notifications_total{workflow="sign-up-code",channel="sms",outcome="failed"} 1',
    'xnovu_workflow_notifications_total{workflow="other",channel="other",outcome="dead"} 1',
    'xnovu_delivery_duration_seconds_sum{outcome="sent"} 0.04',
    "xnovu_delivery_attempts_count 2",
    'xnovu_end_to_end_duration_seconds_bucket{le="30"} 1',
    "xnovu_end_to_end_duration_seconds_count 1",
  ]);
});

test("gauges are read at the scrape", async () => {
  await has(metricsOver(), [
    'xnovu_waiting_notifications{state="due"} 3',
    "xnovu_oldest_due_seconds 1.5",
    'xnovu_component_up{component="temporal"} 0',
    'xnovu_component_restarts_total{component="temporal"} 2',
    "xnovu_claims_in_flight 2",
    "xnovu_sending_paused 1",
    'xnovu_sending_paused_by_reason{reason="rate_limit"} 1',
    'xnovu_sending_paused_by_reason{reason="operator"} 0',
    'xnovu_breaker_state{state="closed"} 0',
    'xnovu_breaker_state{state="open"} 0',
    'xnovu_breaker_state{state="half_open"} 1',
    "xnovu_worker_session_open 0",
    "xnovu_database_connections 4",
    "xnovu_database_connections_idle 1",
    "xnovu_database_connections_max 10",
    "xnovu_database_waiting_queries 7",
    "xnovu_schema_pending_migrations 0",
    'xnovu_loop_interval_seconds{loop="new"} 10',
    'xnovu_build_info{version="1.2.3",revision="abc"} 1',
    'xnovu_credential_expiry_timestamp_seconds{credential="temporal-api-key"} 1900000000',
  ]);
});

test("the names of release 0.1 still work, and say what replaces them", async () => {
  const metrics = metricsOver();
  metrics.breakerOpened();
  await has(metrics, [
    'xnovu_sending_gate_closed{reason="person"} 0',
    'xnovu_sending_gate_closed{reason="rate"} 1',
    'xnovu_sending_gate_closed{reason="circuit"} 0',
    "xnovu_circuit_open 1",
    "xnovu_circuit_trips_total 1",
    "xnovu_lane_open 0",
    'xnovu_part_up{part="database"} 1',
    'xnovu_part_restarts_total{part="temporal"} 2',
    "# HELP xnovu_lane_open Deprecated: use xnovu_worker_session_open.",
  ]);
});

test("the breaker is in exactly one state", async () => {
  for (const state of ["closed", "open", "half_open"] as const) {
    const text = await metricsOver({ breakerState: () => state }).registry.metrics();
    const series = [...text.matchAll(/^xnovu_breaker_state\{state="(\w+)"\} 1$/gm)].map(([, name]) => name);
    assert.equal(series, [state]);
  }
});

test("a value that is unknown while the database is away has no series, since a 0 would look healthy", async () => {
  const away = { rows: () => undefined, oldestDueMs: () => undefined, pendingMigrations: () => undefined };
  const text = await metricsOver(away).registry.metrics();
  for (const name of ["xnovu_oldest_due_seconds", "xnovu_schema_pending_migrations", "xnovu_waiting_notifications"])
    assert.not.match(text, new RegExp(`^${name}[ {]`, "m"));
});

test("series that rates are taken of exist before the first incident", async () => {
  await has(metricsOver(), [
    ...["sent", "failed", "dead", "released"].map((outcome) => `xnovu_notifications_total{outcome="${outcome}"} 0`),
    'xnovu_workflow_notifications_total{workflow="other",channel="other",outcome="dead"} 0',
    'xnovu_novu_request_duration_seconds_count{status="429"} 0',
    'xnovu_polls_total{loop="rescue",result="error"} 0',
    'xnovu_claimed_notifications_total{loop="rescue"} 0',
    "xnovu_lease_lost_total 0",
    "xnovu_breaker_opened_total 0",
    'xnovu_worker_recoveries_total{result="gone"} 0',
  ]);
});

test("a poll with an error is no success of its loop", async () => {
  const metrics = metricsOver();
  const at = async () =>
    /last_success_timestamp_seconds\{loop="new"\} ([\d.]+)/.exec(await metrics.registry.metrics())?.[1];
  const start = await at();
  await new Promise((resolve) => setTimeout(resolve, 5));
  metrics.polled("new", "error", 0);
  assert.is(await at(), start);
  metrics.polled("new", "found", 1);
  assert.ok(Number(await at()) > Number(start));
});

test("every status becomes one of a fixed list of labels", () => {
  const seen = new Set([undefined, ...Array.from({ length: 1_200 }, (_, status) => status)].map(statusLabel));
  for (const label of seen) assert.ok((statusLabels as readonly string[]).includes(label), label);
  assert.equal([200, 201, 404, 418, 500, 600].map(statusLabel), ["2xx", "2xx", "404", "4xx", "5xx", "other"]);
});

test("promtool accepts the metrics", async () => {
  const metrics = metricsOver();
  metrics.delivered([{ workflow: "email", outcome: "sent", attempt: 1, tookMs: 4, sinceDueMs: 9 }]);
  const promtool = spawnSync("promtool", ["check", "metrics"], {
    input: await metrics.registry.metrics(),
    encoding: "utf8",
  });
  if (promtool.error)
    return console.warn("NOT CHECKED by promtool, which is not installed (Debian package prometheus)");
  assert.equal([promtool.status, promtool.stdout, promtool.stderr], [0, "", ""]);
});

test.run();
