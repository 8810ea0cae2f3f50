// time limit: 900 s
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { findPrometheus, type PrometheusPrograms } from "../local/prometheus.ts";
import { dashboardJson } from "../scripts/dev/dashboards/dashboard.ts";
import { dashboards } from "../scripts/dev/dashboards/files.ts";
import { temporaryFolder } from "./support/folder.ts";
import { prometheusFolder, readRules } from "./support/rules.ts";
import { root } from "./support/worker.ts";

let programs: PrometheusPrograms;
test.before(async () => {
  programs = await findPrometheus((line) => console.log(line));
});

const filesOf = (folder: string) => readdirSync(join(prometheusFolder, folder)).map((name) => `${folder}/${name}`);
const promtool = (args: readonly string[], cwd = prometheusFolder) => {
  const { status, stdout, stderr } = spawnSync(programs.promtool, args, { cwd, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
};
const alerts = () => readRules().filter(({ alert }) => alert !== undefined);

test("promtool takes the rules and the configuration", () => {
  const checked = promtool(["check", "rules", ...filesOf("rules")]);
  assert.is(checked.status, 0, checked.said);
  const config = promtool(["check", "config", "prometheus.yml"]);
  assert.is(config.status, 0, config.said);
});

test("every alert fires when it should, and only then", () => {
  const tested = promtool(["test", "rules", ...filesOf("tests")]);
  assert.is(tested.status, 0, tested.said);
  const expected = filesOf("tests")
    .map((path) => readFileSync(join(prometheusFolder, path), "utf8"))
    .join("\n");
  for (const { alert } of alerts()) assert.match(expected, `- labels: '{alertname="${alert}"}'`, `no test: ${alert}`);
});

test("a threshold that is moved, or a wait that is left out, fails the tests", () => {
  const folder = temporaryFolder("xnovu-rules-");
  try {
    const breaks: [string, string, string][] = [
      ["tests/delivery.yml", "max(xnovu_oldest_due_seconds) > 300", "max(xnovu_oldest_due_seconds) > 900"],
      [
        "tests/delivery.yml",
        'expr: max(xnovu_breaker_state{state=~"open|half_open"}) == 1\n        for: 2m',
        'expr: max(xnovu_breaker_state{state=~"open|half_open"}) == 1',
      ],
    ];
    for (const [tests, from, to] of breaks) {
      cpSync(prometheusFolder, folder.path, { recursive: true });
      const path = join(folder.path, "rules/alerts.yml");
      const text = readFileSync(path, "utf8");
      assert.ok(text.includes(from), `nothing to break: ${from}`);
      writeFileSync(path, text.replace(from, to));
      assert.is.not(promtool(["test", "rules", tests], folder.path).status, 0, to);
    }
  } finally {
    folder.remove();
  }
});

test("what the autoscaler counts is 0 while the sending pause is closed, and for a scrape longer", () => {
  const path = join(root, "deploy/kubernetes/examples/prometheus-adapter-values.yaml");
  const { rules } = parse(readFileSync(path, "utf8"));
  const due = rules.external.find(({ name }: { name: { as: string } }) => name.as === "xnovu_due_notifications");
  const expr = String(due.metricsQuery).replaceAll("<<.LabelMatchers>>", 'namespace="xnovu"');
  const series = (name: string, values: string) => ({ series: name, values });
  const at = (eval_time: string, value: number) => ({
    ...{ expr, eval_time },
    exp_samples: [{ labels: '{namespace="xnovu"}', value }],
  });
  const folder = temporaryFolder("xnovu-adapter-");
  try {
    // Closed from 1 m to 2 m 15 s, but for the moment at 1 m 30 s in which a single notification tries. A worker that started tells nothing yet.
    const input_series = [
      series('xnovu_waiting_notifications{namespace="xnovu",pod="a",state="due"}', "900x20"),
      series('xnovu_waiting_notifications{namespace="xnovu",pod="b",state="due"}', "880x20"),
      series('xnovu_sending_paused{namespace="xnovu",pod="a"}', "0 0 0 0 1 1 0 1 1 0x12"),
      series('xnovu_sending_paused{namespace="xnovu",pod="b"}', "0x20"),
    ];
    const promql_expr_test = [at("45s", 900), at("1m", 0), at("1m30s", 0), at("2m15s", 0), at("2m45s", 900)];
    const tests = [{ interval: "15s", input_series, promql_expr_test }];
    writeFileSync(join(folder.path, "tests.yml"), JSON.stringify({ evaluation_interval: "15s", tests }));
    const tested = promtool(["test", "rules", "tests.yml"], folder.path);
    assert.is(tested.status, 0, tested.said);
  } finally {
    folder.remove();
  }
});

test("every alert says how urgent it is and what to do, on a page that is there", () => {
  const index = readFileSync(join(root, "docs/runbooks/README.md"), "utf8");
  for (const { alert = "", labels, annotations } of alerts()) {
    assert.ok(["page", "ticket"].includes(labels?.severity ?? ""), alert);
    for (const name of ["summary", "description"])
      assert.ok((annotations?.[name] ?? "").length > 10, `${alert} ${name}`);
    const page = annotations?.runbook_url ?? "";
    assert.ok(existsSync(join(root, page)), `${alert}: ${page} is missing`);
    const text = readFileSync(join(root, page), "utf8");
    for (const part of [`\`${alert}\``, "## What it means", "## How to look", "## What to do"])
      assert.match(text, part, `${page}: ${part}`);
    assert.match(index, `\`${alert}\``);
  }
});

test("no page is left over, and every link between pages leads somewhere", () => {
  const folder = join(root, "docs/runbooks");
  const used = new Set(alerts().map(({ annotations }) => annotations?.runbook_url?.split("/").at(-1)));
  for (const name of readdirSync(folder)) {
    if (name !== "README.md") assert.ok(used.has(name), `no alert has ${name}`);
    for (const [, target = ""] of readFileSync(join(folder, name), "utf8").matchAll(/\]\(([^)#:]+)\)/g))
      assert.ok(existsSync(join(folder, target)), `${name}: ${target}`);
  }
});

test("log messages that pages quote exist in the worker", () => {
  const sources = readdirSync(join(root, "worker"), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith(".ts"))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"))
    .join("\n");
  const folder = join(root, "docs/runbooks");
  for (const name of readdirSync(folder))
    for (const [, message = ""] of readFileSync(join(folder, name), "utf8").matchAll(/`(an? [a-z][^`]+)`/g))
      assert.ok(sources.includes(`"${message}"`), `${name}: ${message}`);
});

test("panels explain themselves and do not overlap", () => {
  for (const dashboard of dashboards) {
    const cells = new Set<string>();
    for (const panel of dashboard.rows.flatMap(({ panels }) => panels))
      assert.ok(panel.about.length > 20 && panel.unit !== "", `${dashboard.title}: ${panel.title}`);
    // The shape is dashboardJson's own.
    const { panels } = dashboardJson(dashboard) as {
      panels: { title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    for (const { title, gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !cells.has(`${x} ${y}`), `${dashboard.title}: ${title} at ${x}, ${y}`);
          cells.add(`${x} ${y}`);
        }
  }
});

test.run();
