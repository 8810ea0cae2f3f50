// time limit: 900 s
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { freePort } from "../local/ports.ts";
import { findPrometheus, type Prometheus, startPrometheus } from "../local/prometheus.ts";
import { dashboards } from "../scripts/dev/dashboards/files.ts";
import { type TestDatabase, testDatabase } from "./support/database.ts";
import { quick, sendingPaths } from "./support/fault-lab.ts";
import { temporaryFolder } from "./support/folder.ts";
import { readRules, rulesFolder } from "./support/rules.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { type RunningWorker, root, until, type WorkerRig, workerRig } from "./support/worker.ts";

// A real Prometheus scrapes a real worker under the rules as shipped: no query of a rule or a dashboard may come back empty, which is
// what a name that no longer exists would do.
const folder = temporaryFolder("xnovu-prometheus-");
let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
let worker: RunningWorker;
let prometheus: Prometheus;
const closing: (() => Promise<unknown>)[] = [async () => folder.remove()];

test.before(async () => {
  const programs = await findPrometheus((line) => console.log(line));
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  closing.unshift(
    () => database.close(),
    () => temporal.close(),
  );
  rig = await workerRig(database.url, temporal.address);
  closing.unshift(() => rig.close());
  const sdk = `127.0.0.1:${await freePort()}`;
  worker = await rig.start({
    ...quick,
    XNOVU_TEMPORAL_METRICS_ADDRESS: sdk,
    // Says when it ends, which is not soon, and is not used.
    TEMPORAL_TLS: "false",
    TEMPORAL_TLS_CA: lastToEnd(rootCertificates),
  });
  await worker.ready();
  const own = new URL(worker.url).host;
  prometheus = await startPrometheus({
    programs,
    folder: folder.path,
    rules: readdirSync(rulesFolder).map((name) => join(rulesFolder, name)),
    scrape: [
      { job: "xnovu-worker", target: own },
      { job: "xnovu-temporal-sdk", target: sdk },
    ],
  });
  closing.unshift(() => prometheus.stop());
  // Between two scrapes something happens: one by one, and one whose recipients are so many that it has a workflow of its own.
  const begun = async (expr: string) => until(async () => (await prometheus.query(expr)).length > 0, 30_000);
  await begun('rate(xnovu_notifications_total{outcome="sent"}[1m])');
  await rig.insert(20);
  await rig.insert(1, { recipients: JSON.stringify(Array.from({ length: 600 }, (_, n) => `many${n}`)) });
  await until(async () => (await rig.counts()).SENT === 21, 60_000);
  await begun("temporal_workflow_completed_total offset 3s");
});
test.after(async () => {
  for (const close of closing) await close();
});

const endOf = (pem: string) => Date.parse(new X509Certificate(pem).validTo);
const lastToEnd = (pems: readonly string[]) => pems.reduce((a, b) => (endOf(a) > endOf(b) ? a : b));
/** What Grafana would ask. */
const filledIn = (expr: string) => expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*");
const comparison = /(?<![=!<>~])(==|!=|>=|<=|>|<)(?![=~]) /g;
/** What an alert compares, as 0 or 1: without an incident the comparison itself gives nothing. */
const compared = (expr: string) => expr.replace(comparison, "$1 bool ");

test("both targets are scraped", async () => {
  const up = await prometheus.query("up");
  assert.equal(up.map(({ metric, value }) => [metric.job, value[1]]).sort(), [
    ["xnovu-temporal-sdk", "1"],
    ["xnovu-worker", "1"],
  ]);
});

test("every query of every dashboard returns data", async () => {
  const empty: string[] = [];
  for (const { title, rows } of dashboards)
    for (const panel of rows.flatMap(({ panels }) => panels))
      for (const [expr] of panel.queries)
        if ((await prometheus.query(filledIn(expr))).length === 0) empty.push(`${title}: ${panel.title}: ${expr}`);
  assert.equal(empty, []);
});

test("every recording rule records, and both sides of every alert are there", async () => {
  const empty: string[] = [];
  for (const { record, alert, expr } of readRules()) {
    const asked = record ?? compared(expr);
    if ((await prometheus.query(asked)).length === 0) empty.push(`${record ?? alert}: ${asked}`);
  }
  assert.equal(empty, []);
});

test("what was sent is what the panels count, and nothing fires", async () => {
  const [one] = await prometheus.query('sum(xnovu_notifications_total{outcome="sent"})');
  assert.is(one?.value[1], "21");
  const [ended] = await prometheus.query("sum(xnovu_end_to_end_duration_seconds_count)");
  assert.is(ended?.value[1], "21");
  assert.equal(await prometheus.query('ALERTS{alertstate="firing"}'), []);
});

test("an incident makes the alert's own expression true", async () => {
  const fires = async (name: string) => {
    const rule = readRules().find(({ alert }) => alert === name);
    await until(
      async () => (await prometheus.query(rule?.expr ?? name)).length > 0,
      15_000,
      () => `${name} stays quiet`,
    );
  };
  const failWith = (status: number) => rig.novu.control.addFault({ match: { path: sendingPaths }, status });
  failWith(400);
  await rig.insert(1);
  await fires("XnovuDeadLetters");
  failWith(401);
  await rig.insert(1);
  await fires("XnovuNovuRefuses");
  const [closed] = await prometheus.query('xnovu_sending_paused_by_reason{reason="operator"}');
  assert.is(closed?.value[1], "1");
  await worker.child.stop({ signal: "SIGKILL" });
  await fires("XnovuNoWorker");
});

test("the scrape configuration as shipped names the jobs that the rules ask for", async () => {
  const { scrape_configs: jobs } = parse(readFileSync(join(root, "deploy/prometheus/prometheus.yml"), "utf8"));
  assert.equal(
    jobs.map(({ job_name }: { job_name: string }) => job_name),
    ["xnovu-worker", "xnovu-temporal-sdk"],
  );
});

test.run();
