import { type Env, secretsOf } from "../../core/config/parse.ts";
import { secretMask } from "../../core/mask.ts";
import { workflowIds } from "../../novu/workflows/ids.ts";
import { appFindings, queryApp, servedBy } from "./app.ts";
import { type Audience, type Finding, unknown } from "./finding.ts";
import type { Endpoint } from "./http.ts";
import { novuFindings, queryNovu } from "./novu.ts";
import { queryPostgres } from "./postgres-facts.ts";
import { postgresFindings } from "./postgres-findings.ts";
import { readSettings, type SettingLine, type SettingsReport, settingsFindings } from "./settings.ts";
import { querySupabase, supabaseFinding } from "./supabase.ts";
import { queryTemporal } from "./temporal-facts.ts";
import { temporalFindings } from "./temporal-findings.ts";
import { queryWorker, workerFinding } from "./worker.ts";

export interface Examination {
  readonly settings: readonly SettingLine[];
  readonly findings: readonly Finding[];
}

export interface ExamineOptions {
  readonly audience: Audience;
  /** Milliseconds for each check. */
  readonly limitMs: number;
  readonly appUrl?: string;
  readonly workerUrl?: string;
}

/** Runs all checks at the same time. Never rejects because of a setting or a dependency. */
export async function examine(env: Env, options: ExamineOptions): Promise<Examination> {
  const report = readSettings(env, options.audience);
  await load(options.audience);
  const found = await Promise.all([
    postgres(report, options),
    temporal(report, options),
    novuAndApp(report, env, options),
    worker(report, env, options),
    supabase(report, options),
  ]);
  // Messages of libraries may hold a connection string.
  const mask = secretMask(secretsOf(env));
  const findings = [...settingsFindings(report), ...found.flat()].map((finding) => ({
    ...finding,
    found: mask(finding.found),
  }));
  return {
    settings: report.lines.map((line) => ({
      ...line,
      ...(line.problem === undefined ? {} : { problem: mask(line.problem) }),
    })),
    findings,
  };
}

/** Loads the modules that the checks need, so that their times do not include it. */
const load = (audience: Audience): Promise<unknown> =>
  Promise.all([
    import("pg"),
    import("../../outbox/pool.ts"),
    import("../../outbox/counts.ts"),
    import("../../outbox/migrate.ts"),
    import("../../outbox/sql.ts"),
    audience === "app" ? undefined : import("@temporalio/client"),
  ]);

const notConfigured = (check: string): Finding[] => [unknown(check, "its settings are missing or bad")];

async function postgres({ good }: SettingsReport, { audience, limitMs }: ExamineOptions): Promise<Finding[]> {
  if (good.database === undefined) return notConfigured("postgres");
  const { url } = good.database;
  const facts = await queryPostgres(good.database, limitMs);
  return postgresFindings(facts, { audience, url, pollIntervalMs: good.worker?.pollIntervalMs ?? 0 });
}

async function temporal({ good }: SettingsReport, { audience, limitMs }: ExamineOptions): Promise<Finding[]> {
  if (audience === "app") return [];
  if (good.temporal === undefined) return notConfigured("temporal");
  return temporalFindings(await queryTemporal(good.temporal, limitMs), good.temporal, Date.now());
}

/** Together, because Novu should have the workflows that the app's bridge serves. */
async function novuAndApp({ good }: SettingsReport, env: Env, options: ExamineOptions): Promise<Finding[]> {
  const { limitMs } = options;
  const endpoint = appEndpoint(good, env, options);
  const [novu, app] = await Promise.all([
    good.novu === undefined ? undefined : queryNovu(good.novu, limitMs),
    endpoint === undefined ? undefined : queryApp(endpoint, good.novu?.secretKey, limitMs),
  ]);
  const served = (app === undefined ? undefined : servedBy(app)) ?? workflowIds;
  return [
    ...(novu === undefined || good.novu === undefined ? notConfigured("novu") : novuFindings(novu, good.novu, served)),
    ...(endpoint === undefined || app === undefined ? [] : appFindings(app, endpoint)),
  ];
}

/** Undefined where the app is not checked, or its port is a bad setting, which is a finding of its own. */
function appEndpoint(
  { app }: SettingsReport["good"],
  env: Env,
  { audience, appUrl }: ExamineOptions,
): Endpoint | undefined {
  if (appUrl !== undefined) return { url: appUrl, named: true };
  if (audience === "worker" || app === undefined) return undefined;
  return { url: `http://127.0.0.1:${app.port}`, named: Boolean(env.PORT?.trim()) };
}

async function worker(
  { good }: SettingsReport,
  env: Env,
  { audience, limitMs, workerUrl }: ExamineOptions,
): Promise<Finding[]> {
  if (audience === "app" && workerUrl === undefined) return [];
  const endpoint = workerUrl === undefined ? workerEndpoint(good, env) : { url: workerUrl, named: true };
  return endpoint === undefined
    ? notConfigured("worker")
    : [workerFinding(await queryWorker(endpoint, limitMs), endpoint)];
}

function workerEndpoint({ worker: settings }: SettingsReport["good"], env: Env): Endpoint | undefined {
  if (settings === undefined) return undefined;
  const host = ["0.0.0.0", "::"].includes(settings.host) ? "127.0.0.1" : settings.host;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${settings.healthPort}`,
    named: Boolean(env.WORKER_HEALTH_PORT?.trim()),
  };
}

async function supabase({ good }: SettingsReport, { audience, limitMs }: ExamineOptions): Promise<Finding[]> {
  if (audience === "worker" || good.supabase === undefined) return [];
  const reply = await querySupabase(good.supabase, limitMs);
  return reply === undefined ? [] : [supabaseFinding(reply, good.supabase.url ?? "")];
}
