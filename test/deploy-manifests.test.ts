// time limit: 600 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { messageOf } from "../core/errors.ts";
import { renderAll, renderingErrors } from "../scripts/dev/deploy-check/all.ts";
import { crdErrors, operatorTypes } from "../scripts/dev/deploy-check/crd-types.ts";
import { type Manifest, nameOf, parseManifests } from "../scripts/dev/deploy-check/manifest.ts";
import { checkov, policyErrors } from "../scripts/dev/deploy-check/policy.ts";
import { renderChart } from "../scripts/dev/deploy-check/render.ts";
import { projectVersion, ruleErrors } from "../scripts/dev/deploy-check/rules.ts";
import { kubernetesSchemas } from "../scripts/dev/deploy-check/schema-files.ts";
import { schemaErrors } from "../scripts/dev/deploy-check/schemas.ts";
import { temporaryFolder } from "./support/folder.ts";
import { within } from "./support/within.ts";

// Renders and checks the manifests, and breaks them on purpose, to show that each check finds the error.

const root = process.cwd();
const version = projectVersion(root);
const folder = temporaryFolder("xnovu-deploy-");
const log = (line: string) => console.log(line);
// A first run downloads its tool.
const tools = (run: () => Promise<void>) => within(300, run);

/** False, with a message, if a tool is not available on this machine: no Go, no python3, no registry. */
const canHave = (judge: (say: typeof log) => Promise<unknown>): Promise<boolean> =>
  judge(log).then(
    () => true,
    (error: unknown) => {
      console.warn(`NOT CHECKED: ${messageOf(error)}`);
      return false;
    },
  );

const rendered = await renderAll(root, log).catch((error: unknown) => {
  console.warn(`NOT CHECKED: the manifests cannot be rendered here: ${messageOf(error)}`);
  return undefined;
});

/** By name, without what restarts pods for a changed setting: a new name of the ConfigMap in kustomize, an annotation in Helm. */
function comparable(manifests: readonly Manifest[]): Record<string, unknown> {
  const texts = manifests.map((manifest) =>
    JSON.stringify(manifest)
      .replaceAll(/"xnovu-settings-[a-z0-9]{10}"/g, '"xnovu-settings"')
      .replaceAll(/"annotations":\{"checksum\/settings":"\w+"\},?/g, "")
      .replaceAll(",}", "}"),
  );
  return Object.fromEntries(
    texts.flatMap((text) => parseManifests(text, "rendered")).map((manifest) => [nameOf(manifest), manifest]),
  );
}

if (rendered) {
  const { overlays: sets, charts } = rendered;
  const set = (name: string): readonly Manifest[] => sets[name] ?? [];
  /** A set with one text of its JSON replaced. */
  const broken = (name: string, from: string, to: string): Manifest[] => {
    const text = JSON.stringify(set(name));
    assert.ok(text.includes(from), `nothing to break: ${from}`);
    return JSON.parse(text.replaceAll(from, to));
  };

  test("deploy/kubernetes is what the chart renders", async () => {
    assert.equal(await renderingErrors(root, log), []);
  });

  test("an overlay applies the same objects as the chart with the values of its name", () => {
    assert.equal(Object.keys(sets), ["hpa", "keda", "production", "temporal-cloud"]);
    for (const [name, manifests] of Object.entries(sets))
      assert.equal(comparable(manifests), comparable(charts[name] ?? []), name);
  });

  test("overlays and chart keep the project's rules", () => {
    for (const [name, manifests] of [...Object.entries(sets), ...Object.entries(charts)])
      assert.equal(ruleErrors(manifests, version), [], name);
  });

  const invalid: readonly (readonly [string, string, string, string])[] = [
    ["keda", '"POLL_BATCH_SIZE"', '"POLL_BATCHSIZE"', "there is no setting POLL_BATCHSIZE"],
    ["keda", '"POLL_BATCH_SIZE":"100"', '"POLL_BATCH_SIZE":"many"', "POLL_BATCH_SIZE is not a whole number"],
    ["keda", '"XNOVU_LOG_LEVEL":"info"', '"NOVU_SECRET_KEY":"open"', "NOVU_SECRET_KEY is secret"],
    ["keda", "/run/secrets/xnovu/NOVU_SECRET_KEY", "/elsewhere/KEY", "but no volume is mounted there"],
    [
      "keda",
      '"terminationGracePeriodSeconds":45',
      '"terminationGracePeriodSeconds":30',
      "a grace period of 30 s ends before the drain",
    ],
    [
      "keda",
      '"livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/icon.svg"',
      '"livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/api/health"',
      "liveness requests /api/health",
    ],
    ["keda", '"readinessProbe"', '"readynessProbe"', "readinessProbe is missing"],
    ["keda", '"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false', "set readOnlyRootFilesystem"],
    [
      "keda",
      '"automountServiceAccountToken":false',
      '"automountServiceAccountToken":true',
      "no pod needs an API token",
    ],
    ["keda", `xnovu:v${version}`, "xnovu:latest", "names no version"],
    ["keda", `xnovu:v${version}`, "xnovu:v9.9.9", `package.json has ${version}`],
    ["keda", '"containerPort":4000', '"containerPort":3000', "containerPort is 3000, and PORT is 4000"],
    [
      "keda",
      '"scaleTargetRef":{"name":"xnovu-worker"}',
      '"scaleTargetRef":{"name":"xnovu"}',
      "there is no Deployment xnovu",
    ],
    ["keda", '"revisionHistoryLimit"', '"replicas":2,"revisionHistoryLimit"', "owns the number"],
    ["keda", '"taskQueue":"xnovu', '"taskQueue":"other', "taskQueue is other-notification-processing, and TEMPORAL"],
    ["keda", '"targetQueryValue":"5000"', '"targetQueryValue":"9000"', "the maximum needs 90000 rows"],
    ["hpa", '"averageValue":"1000"', '"averageValue":"2000"', "its metric stops at 10001"],
    ["hpa", '"port":{"name":"http"}', '"port":{"name":"web"}', "there is no Service xnovu-app with a port web"],
    [
      "hpa",
      '"selector":{"app.kubernetes.io/component":"app"',
      '"selector":{"app.kubernetes.io/component":"web"',
      "its selector matches nothing",
    ],
    ["keda", '"XNOVU_TEMPORAL_METRICS_ADDRESS":"0.0.0.0:9464"', '"PORT":"4000"', "METRICS_ADDRESS is unset"],
    ["keda", '"0.0.0.0:9464"', '"127.0.0.1:9464"', "127.0.0.1:9464, and the ServiceMonitor scrapes 3001, 9464"],
    ["keda", '{"port":9464,"protocol":"TCP"}', '{"port":9465,"protocol":"TCP"}', "blocks Prometheus from port 9464"],
    [
      "keda",
      '"containerPort":9464,"name":"temporal-sdk"',
      '"containerPort":9464,"name":"sdk"',
      "no container's port is called temporal-sdk",
    ],
    ["keda", '"name":"temporal-sdk","port":9464', '"name":"sdk","port":9464', "has no port temporal-sdk"],
  ];
  for (const [name, from, to, words] of invalid)
    test(`broken: ${words}`, () => {
      const lines = ruleErrors(broken(name, from, to), version);
      assert.ok(
        lines.some((line) => line.includes(words)),
        `found ${JSON.stringify(lines)}`,
      );
    });

  test(
    "the schemas of Kubernetes accept every object, and refuse an unknown field",
    tools(async () => {
      if (!(await canHave(kubernetesSchemas))) return;
      const { keda = [], hpa = [] } = sets;
      assert.equal(await schemaErrors([...keda, ...hpa], folder.path, log), []);
      const lines = await schemaErrors(
        broken("keda", '"unhealthyPodEvictionPolicy"', '"unhealthyPodPolicy"'),
        folder.path,
        log,
      );
      assert.is(lines.length, 6, "two budgets, three versions");
      assert.match(lines[0] ?? "", /PodDisruptionBudget.*unhealthyPodPolicy/);
    }),
  );

  test(
    "the operators' types accept every object, and refuse unknown and missing fields",
    tools(async () => {
      if (!(await canHave(operatorTypes))) return;
      assert.equal(await crdErrors([...set("temporal-cloud"), ...set("production")], folder.path, log), []);
      const reported = async (from: string, to: string) =>
        (await crdErrors(broken("temporal-cloud", from, to), folder.path, log)).join("\n");
      assert.match(
        await reported('"pollingInterval"', '"poolingInterval"'),
        /ScaledObject xnovu-worker: .*poolingInterval/,
      );
      assert.match(await reported('"scrapeTimeout":"10s"', '"scrapeTimeout":10'), /ServiceMonitor xnovu-worker/);
      assert.match(
        await reported(
          '"secretStoreRef":{"kind":"ClusterSecretStore"',
          '"secretStoreRef":{"sort":"ClusterSecretStore"',
        ),
        /ExternalSecret/,
      );
    }),
  );

  test(
    "the policy scanner accepts the manifests, and finds a privileged container",
    tools(async () => {
      if (!(await canHave(checkov))) return;
      assert.equal(await policyErrors(root, { keda: set("keda") }, folder.path, log), []);
      const privileged = broken("keda", '"allowPrivilegeEscalation":false', '"privileged":true');
      const lines = await policyErrors(root, { keda: privileged }, folder.path, log);
      assert.ok(
        lines.some((line) => line.includes("CKV_K8S_16")),
        lines.join("\n"),
      );
    }),
  );

  test("the chart refuses values that cannot work, and accepts those that it documents", async () => {
    const tooMany = ["--set", "autoscaling.worker.max=20"];
    await renderChart(root, "hpa", log, tooMany).then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(messageOf(error), "the last workers would never start"),
    );
    const pinned = await renderChart(root, "production", log, ["--set", "image.tag=6f826ed,image.digest=sha256:abc"]);
    const text = JSON.stringify(pinned);
    assert.match(text, /xnovu:6f826ed@sha256:abc/);
    assert.match(text, '"name":"xnovu-migrate-6f826ed"');
    const longer = await renderChart(root, "keda", log, ["--set-string", "settings.XNOVU_SHUTDOWN_TIMEOUT_MS=60000"]);
    assert.equal(ruleErrors(longer, version), [], "the grace period follows XNOVU_SHUTDOWN_TIMEOUT_MS");
  });
}

test.after(() => folder.remove());
test.run();
