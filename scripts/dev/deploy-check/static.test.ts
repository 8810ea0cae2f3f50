import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../../../test/support/folder.ts";
import { staticErrors } from "./static.ts";

const folder = temporaryFolder("xnovu-static-");
const root = process.cwd();
for (const part of ["deploy", "worker", "bench/results", "package.json", "vercel.json", "netlify.toml"])
  cpSync(join(root, part), join(folder.path, part), { recursive: true });

test.after(() => folder.remove());

test("the repository has no error", () => {
  assert.equal(staticErrors(folder.path), []);
});

const broken: readonly (readonly [string, string, string, RegExp])[] = [
  ["deploy/aws/task-worker.json", '"stopTimeout": 45', '"stopTimeout": 20', /task-worker.json: stops after 20 s/],
  ["deploy/aws/task-app.json", "NOVU_API_URL", "NOVU_URL", /task-app.json: there is no setting NOVU_URL/],
  ["deploy/aws/task-app.json", '"name": "DATABASE_URL"', '"name": "PORT"', /PORT is not a secret setting/],
  [
    "deploy/azure/worker.yaml",
    "terminationGracePeriodSeconds: 45",
    "terminationGracePeriodSeconds: 25",
    /azure\/worker.yaml: stops/,
  ],
  [
    "deploy/azure/app.yaml",
    'name: XNOVU_LOG_LEVEL, value: "info"',
    "name: XNOVU_LOG_LEVEL, value: loud",
    /XNOVU_LOG_LEVEL is not one of/,
  ],
  [
    "deploy/gcp/worker.pool.yaml",
    "name: TEMPORAL_NAMESPACE, value:",
    "name: TEMPORAL_API_KEY, value:",
    /TEMPORAL_API_KEY is secret/,
  ],
  ["deploy/azure/worker.yaml", "paused_until > now()", "paused_until > now", /uses another query/],
  ["deploy/gcp/app.service.yaml", "xnovu:v", "xnovu:v9", /app.service.yaml: xnovu:v9/],
  ["deploy/gcp/migrate.job.yaml", "spec:", "spec: [", /migrate.job.yaml/],
  ["deploy/fly.toml", "kill_timeout = 45", "kill_timeout = 5", /fly.toml: stops after 5 s/],
  [
    "deploy/fly.toml",
    'XNOVU_LOG_LEVEL = "info"',
    'XNOVU_LOGLEVEL = "info"',
    /fly.toml: there is no setting XNOVU_LOGLEVEL/,
  ],
  [
    "deploy/helm/xnovu/values.yaml",
    'POLL_BATCH_SIZE: "100"',
    'POLL_BATCH_SIZE: "many"',
    /POLL_BATCH_SIZE is not a whole/,
  ],
  ["deploy/helm/xnovu/values.yaml", "replicas: 2", "replicas: 3", /values.yaml changed after deploy\/kubernetes was/],
  ["deploy/helm/xnovu/templates/app.yaml", "4000", "4001", /templates\/app.yaml changed after deploy\/kubernetes was/],
  [
    "deploy/kubernetes/base/app.yaml",
    "replicas: 2",
    "replicas: 3",
    /base\/app.yaml is generated and was changed by hand/,
  ],
  ["deploy/helm/xnovu/values.yaml", "sentPerWorker: 1500", "sentPerWorker: 700", /700 is not about 70 % of 2200/],
  ["deploy/helm/xnovu/Chart.yaml", "appVersion: v", "appVersion: v9", /appVersion is v9/],
  [
    "deploy/kubernetes/components/keda/autoscaling-keda.yaml",
    "xnovu_notifications_total",
    "xnovu_sent_total",
    /the worker has no metric xnovu_sent_total/,
  ],
  ["vercel.json", "pnpm@", "pnpm@1", /installCommand must name pnpm@/],
  ["netlify.toml", "[build]", "[build", /netlify.toml/],
];
for (const [path, from, to, words] of broken)
  test(`broken: ${path}: ${words.source}`, () => {
    const file = join(folder.path, path);
    const text = readFileSync(file, "utf8");
    assert.ok(text.includes(from), `nothing to break: ${from}`);
    writeFileSync(file, text.replace(from, to));
    try {
      assert.match(staticErrors(folder.path).join("\n"), words);
    } finally {
      writeFileSync(file, text);
    }
  });

test.run();
