import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { staleErrors } from "../kubernetes/checksums.ts";
import { cloudSettingErrors } from "./cloud-settings.ts";
import { type ConfigFile, configFiles } from "./files.ts";
import { at, listAt } from "./manifest.ts";
import { projectVersion } from "./rules.ts";
import { defaultOf, valueErrors } from "./rules-settings.ts";

/** Errors in deploy/ that need no tool to find. Fast enough for every `make check`. One line each. */
export function staticErrors(root: string): string[] {
  const { files, errors } = configFiles(root);
  return [
    ...errors,
    ...staleErrors(root),
    ...chartSettings(files),
    ...sameQuery(files),
    ...sentTarget(files, root),
    ...cloudSettingErrors(files),
    ...versions(files, root),
    ...graces(files),
    ...metricNames(files, root),
  ];
}

const documentOf = (files: readonly ConfigFile[], path: string): unknown =>
  files.find((file) => file.path === path)?.documents[0];

/** The program accepts every setting of the chart. */
const chartSettings = (files: readonly ConfigFile[]): string[] =>
  Object.entries(Object(at(documentOf(files, "deploy/helm/xnovu/values.yaml"), "settings"))).flatMap(([name, value]) =>
    valueErrors("deploy/helm/xnovu/values.yaml", name, String(value)),
  );

/** Container Apps and Kubernetes use the same query. */
function sameQuery(files: readonly ConfigFile[]): string[] {
  const keda =
    files.find(({ path }) => path === "deploy/kubernetes/components/keda/autoscaling-keda.yaml")?.documents ?? [];
  const ofKeda = keda.flatMap((object) => listAt(object, "spec", "triggers"));
  const azure = documentOf(files, "deploy/azure/worker.yaml");
  const ofAzure = listAt(azure, "properties", "template", "scale", "rules").map((rule) => at(rule, "custom"));
  const [one, other] = [ofKeda, ofAzure].map((triggers) =>
    at(
      triggers.find((trigger) => at(trigger, "type") === "postgresql"),
      ...["metadata", "query"],
    ),
  );
  return one === other
    ? []
    : ["deploy/azure/worker.yaml uses another query than components/keda/autoscaling-keda.yaml"];
}

/** The target of the autoscaler is about 70 % of what a worker sends in the simulation. */
function sentTarget(files: readonly ConfigFile[], root: string): string[] {
  const simulated: unknown = JSON.parse(readFileSync(join(root, "bench/results/autoscaling.json"), "utf8"));
  const perWorker = Number(at(simulated, "given", "perWorker"));
  const values = documentOf(files, "deploy/helm/xnovu/values.yaml");
  const target = Number(at(values, "autoscaling", "worker", "sentPerWorker"));
  if (Math.abs(target / perWorker - 0.7) <= 0.05) return [];
  return [
    `deploy/helm/xnovu/values.yaml: sentPerWorker ${target} is not about 70 % of ${perWorker}, the throughput of a worker in bench/autoscaling.ts`,
  ];
}

/** Images, chart and pnpm have the versions of package.json. */
function versions(files: readonly ConfigFile[], root: string): string[] {
  const version = `v${projectVersion(root)}`;
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const pnpm = String(at(manifest, "packageManager"));
  const images = files.flatMap(({ path, text }) =>
    [...text.matchAll(/xnovu:(v[\w.-]+)/g)]
      .filter(([, tag]) => tag !== version)
      .map(([image]) => `${path}: ${image}, and package.json has ${version}`),
  );
  const chart = at(documentOf(files, "deploy/helm/xnovu/Chart.yaml"), "appVersion");
  const install = String(at(documentOf(files, "vercel.json"), "installCommand"));
  return [
    ...images,
    ...(chart === version
      ? []
      : [`deploy/helm/xnovu/Chart.yaml: appVersion is ${chart}, and package.json has ${version}`]),
    ...(install.includes(` ${pnpm} `) ? [] : [`vercel.json: installCommand must name ${pnpm}, as package.json does`]),
  ];
}

/** If a platform kills the worker before the drain ends, every stop is a crash. */
function graces(files: readonly ConfigFile[]): string[] {
  const drainS = Number(defaultOf("XNOVU_SHUTDOWN_TIMEOUT_MS")) / 1000;
  const found: readonly (readonly [string, unknown])[] = [
    [
      "deploy/aws/task-worker.json",
      at(documentOf(files, "deploy/aws/task-worker.json"), "containerDefinitions", 0, "stopTimeout"),
    ],
    [
      "deploy/azure/worker.yaml",
      at(documentOf(files, "deploy/azure/worker.yaml"), "properties", "template", "terminationGracePeriodSeconds"),
    ],
    ["deploy/fly.toml", at(documentOf(files, "deploy/fly.toml"), "kill_timeout")],
  ];
  return found
    .filter(([, grace]) => !(Number(grace) >= drainS + 5))
    .map(([path, grace]) => `${path}: stops after ${grace} s, but the worker drains for ${drainS} s: allow 5 s more`);
}

/** Manifests read only metrics that the worker exports or that the adapter's rules name. */
function metricNames(files: readonly ConfigFile[], root: string): string[] {
  const sources = readdirSync(join(root, "worker"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
  const named = files.flatMap(({ text }) => [...text.matchAll(/as: (xnovu_\w+)/g)].map(([, name]) => name));
  // A separate check covers dashboards and alert rules.
  const ours = files.filter(({ path }) => /^deploy\/(kubernetes|helm)\//.test(path));
  return ours.flatMap(({ path, text }) =>
    [...new Set(text.match(/\bxnovu_[a-z0-9_]+\b/g) ?? [])]
      .filter((name) => !/^xnovu_(scaler|owner)$/.test(name))
      .filter((name) => !named.includes(name) && !sources.includes(`"${name}"`))
      .map((name) => `${path}: the worker has no metric ${name}`),
  );
}
