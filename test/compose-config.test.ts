// Every combination of compose.yaml's profiles and ways to give secrets. Needs no engine.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { composeProgram } from "@xnovu/test-engine/docker-tools";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  composeConfig,
  environmentOf,
  type Project,
  type Settings,
  secretSettings,
  secretsInFiles,
  serviceOf,
} from "./support/compose-config.ts";
import { temporaryFolder } from "./support/folder.ts";

const profiles: Readonly<Record<string, readonly string[]>> = {
  database: ["database"],
  temporal: ["temporal", "temporal-namespace", "temporal-schema", "temporal-ui"],
  monitoring: ["grafana", "prometheus"],
};
const names = Object.keys(profiles);
const all = names.join(",");
const plain = { NOVU_SECRET_KEY: "key-in-plain", POSTGRES_PASSWORD: "0123abcd", GRAFANA_PASSWORD: "grafana-in-plain" };
const folder = temporaryFolder("xnovu-compose-config-");
let program: string;
test.before(async () => {
  program = await composeProgram(console.warn);
});
test.after(() => folder.remove());

const configOf = (settings: Settings, ...files: string[]): Promise<Project> =>
  composeConfig(program, folder.path, settings, files);

for (let bits = 0; bits < 1 << names.length; bits++) {
  const chosen = names.filter((_, i) => bits & (1 << i));
  test(`profiles ${chosen.join(" and ") || "none"}: without settings, with plain ones, with secrets in files`, async () => {
    const services = ["app", "migrate", "worker", ...chosen.flatMap((name) => profiles[name] ?? [])].sort();
    for (const settings of [{}, plain, secretsInFiles(folder.path)])
      assert.equal(
        Object.keys((await configOf({ ...settings, COMPOSE_PROFILES: chosen.join(",") })).services).sort(),
        services,
      );
  });
}

test("beyond loopback listen the app's 4000 and the worker's 3001 alone", async () => {
  const { services } = await configOf({ COMPOSE_PROFILES: all });
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  const open = ports.filter((port) => port.host_ip !== "127.0.0.1").map((port) => `${port.published}:${port.target}`);
  assert.equal(open.sort(), ["3001:3001", "4000:4000"]);
  assert.is(ports.length, 5);
});

test("the ports at loopback can be others, and stay there", async () => {
  const settings = { GRAFANA_PORT: "3100", PROMETHEUS_PORT: "9190", TEMPORAL_UI_PORT: "8333" };
  const { services } = await configOf({ COMPOSE_PROFILES: all, ...settings });
  const ports = ["grafana", "prometheus", "temporal-ui"].flatMap((name) => services[name]?.ports ?? []);
  assert.equal(
    ports.map((port) => `${port.host_ip}:${port.published}`),
    ["127.0.0.1:3100", "127.0.0.1:9190", "127.0.0.1:8333"],
  );
});

test("every service is limited, rotates its log and has no right that it does not need", async () => {
  const { services } = await configOf({ COMPOSE_PROFILES: all });
  const once = ["migrate", "temporal-schema", "temporal-namespace"];
  for (const [name, service] of Object.entries(services)) {
    assert.ok(Number(service.cpus) > 0 && Number(service.mem_limit) > 0 && Number(service.pids_limit) > 0, name);
    assert.equal(service.logging.options, { "max-file": "5", "max-size": "10m" }, name);
    assert.equal(service.cap_drop, ["ALL"], name);
    assert.is(service.read_only === true, name !== "temporal-ui", name);
    assert.is(service.restart, once.includes(name) ? "no" : "unless-stopped", name);
  }
});

test("limits follow their variables", async () => {
  const { services } = await configOf({ XNOVU_WORKER_CPUS: "1.5", XNOVU_WORKER_MEMORY: "2g", XNOVU_PIDS: "99" });
  const { cpus, mem_limit, pids_limit } = services.worker ?? {};
  assert.equal([cpus, mem_limit, pids_limit], [1.5, "2147483648", 99]);
});

test("every image is of one version, and can be another", async () => {
  const images = async (settings: Settings) =>
    Object.fromEntries(
      Object.entries((await configOf({ COMPOSE_PROFILES: all, ...settings })).services).map(([name, { image }]) => [
        name,
        image,
      ]),
    );
  const { app: _, worker: __, migrate: ___, ...others } = await images({});
  for (const [name, image] of Object.entries(others)) assert.match(image, /:v?\d+\.\d+/, name);
  const kinds = ["XNOVU", "POSTGRES", "TEMPORAL", "TEMPORAL_ADMIN_TOOLS", "TEMPORAL_UI", "PROMETHEUS", "GRAFANA"];
  const own = await images(Object.fromEntries(kinds.map((kind) => [`${kind}_IMAGE`, "mirror.example/x:1"])));
  for (const [name, image] of Object.entries(own)) assert.is(image, "mirror.example/x:1", name);
});

test("app and worker are the deployment guide's: ports, environment, command, health checks", async () => {
  const project = await configOf({});
  const shared =
    "NODE_ENV NOVU_SECRET_KEY SUPABASE_SERVICE_ROLE_KEY NEXT_PUBLIC_SUPABASE_URL DATABASE_URL TEMPORAL_ADDRESS";
  const polling = {
    TEMPORAL_TASK_QUEUE: "xnovu-notification-processing",
    POLL_INTERVAL_MS: "10000",
    FAILED_POLL_INTERVAL_MS: "60000",
    SCHEDULED_POLL_INTERVAL_MS: "30000",
    POLL_BATCH_SIZE: "100",
  };
  for (const [name, url, defaults] of [
    ["app", "http://localhost:4000/api/health", {}],
    ["worker", "http://localhost:3001/health", polling],
  ] as const) {
    const { image, healthcheck } = serviceOf(project, name);
    assert.is(image, "registry.cn-shanghai.aliyuncs.com/yogosystem/xnovu:latest");
    assert.equal(healthcheck?.test, ["CMD", "wget", "-q", "--spider", url]);
    assert.equal([healthcheck?.interval, healthcheck?.retries], ["30s", 3]);
    const environment = environmentOf(project, name);
    for (const setting of shared.split(" ")) assert.ok(setting in environment, `${name}: ${setting}`);
    const expected = { NODE_ENV: "production", TEMPORAL_NAMESPACE: "xnovu", ...defaults };
    for (const [setting, value] of Object.entries(expected))
      assert.is(environment[setting], value, `${name}: ${setting}`);
  }
  assert.equal(serviceOf(project, "worker").command, ["pnpm", "xnovu", "worker", "start"]);
});

test("each secret setting can come from a file, and then no value is in the configuration", async () => {
  const project = await configOf({ COMPOSE_PROFILES: all, ...secretsInFiles(folder.path) });
  for (const service of ["migrate", "app", "worker"])
    for (const setting of secretSettings) {
      const target = `/run/secrets/${setting.toLowerCase()}`;
      assert.is(environmentOf(project, service)[`${setting}_FILE`], target);
      const mounted = serviceOf(project, service).secrets?.find((secret) => secret.target === target);
      assert.is(project.secrets[mounted?.source ?? ""]?.file, join(folder.path, "secrets", setting.toLowerCase()));
    }
  assert.is(environmentOf(project, "app").DATABASE_URL, "");
  assert.not.match(JSON.stringify(project), /value-of-/);
});

test("a secret that no variable names needs no file", async () => {
  const project = await configOf({ COMPOSE_PROFILES: all });
  for (const { file } of Object.values(project.secrets)) assert.is(file, "/dev/null");
  for (const { environment } of Object.values(project.services))
    for (const [name, value] of Object.entries(environment ?? {}))
      if (name.endsWith("_FILE")) assert.is(value, "", name);
});

test("the profile database: its password is enough for the default of DATABASE_URL, one's own goes before it", async () => {
  const urlOf = async (settings: Settings) => environmentOf(await configOf(settings), "worker").DATABASE_URL;
  assert.is(await urlOf(plain), "postgresql://xnovu:0123abcd@database:5432/xnovu");
  assert.is(await urlOf({ ...plain, DATABASE_URL: "postgresql://a:b@c/d" }), "postgresql://a:b@c/d");
  assert.is(await urlOf({}), "");
});

test("app and worker wait for the migrations; what a profile brings is waited for only where it is chosen", async () => {
  const project = await configOf({ COMPOSE_PROFILES: all });
  const waits = (name: string) =>
    Object.entries(serviceOf(project, name).depends_on ?? {})
      .map(([other, { condition, required }]) => `${other} ${condition}${required ? "" : ", if there"}`)
      .sort();
  assert.equal(waits("migrate"), ["database service_healthy, if there"]);
  assert.equal(waits("app"), ["migrate service_completed_successfully"]);
  const namespace = "temporal-namespace service_completed_successfully, if there";
  assert.equal(waits("worker"), ["app service_started", "migrate service_completed_successfully", namespace]);
  assert.equal(waits("temporal-schema"), ["database service_healthy, if there"]);
  assert.equal(waits("temporal"), ["temporal-schema service_completed_successfully"]);
  assert.equal(waits("temporal-namespace"), ["temporal service_healthy"]);
});

test("the worker's grace is longer than its drain", async () => {
  const worker = serviceOf(await configOf({}), "worker");
  const drain = Number(worker.environment?.XNOVU_SHUTDOWN_TIMEOUT_MS);
  assert.ok(Number.parseInt(worker.stop_grace_period ?? "", 10) * 1000 > drain);
});

test("a second file changes a service and leaves the others", async () => {
  const file = join(folder.path, "own.yaml");
  writeFileSync(file, `services:\n  app: { image: "own:1", ports: !override ["127.0.0.1:4100:4000"] }\n`);
  const project = await configOf({ COMPOSE_PROFILES: all }, file);
  const { image, ports, secrets } = serviceOf(project, "app");
  assert.equal([image, ports?.map((port) => port.published)], ["own:1", ["4100"]]);
  assert.is(secrets?.length, secretSettings.length);
  assert.match(serviceOf(project, "worker").image, /xnovu:latest$/);
});

test.run();
