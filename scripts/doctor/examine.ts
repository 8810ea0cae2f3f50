import { type Env, secretsOf } from "../../core/config/parse.ts";
import { secretMask } from "../../core/mask.ts";
import { workflowIds } from "../../novu/workflows/ids.ts";
import { askApp, judgeApp, servedBy } from "./app.ts";
import type { Audience, Finding } from "./finding.ts";
import type { Place } from "./http.ts";
import { askNovu, judgeNovu } from "./novu.ts";
import { askPostgres } from "./postgres-ask.ts";
import { judgePostgres } from "./postgres-judge.ts";
import { judgeSettings, readSettings, type SettingLine, type SettingsReport } from "./settings.ts";
import { askSupabase, judgeSupabase } from "./supabase.ts";
import { askTemporal } from "./temporal-ask.ts";
import { judgeTemporal } from "./temporal-judge.ts";
import { askWorker, judgeWorker } from "./worker.ts";

export interface Examination {
  readonly settings: readonly SettingLine[];
  readonly findings: readonly Finding[];
}

export interface ExamineOptions {
  readonly audience: Audience;
  /** Milliseconds for each question. */
  readonly limitMs: number;
  readonly appUrl?: string;
  readonly workerUrl?: string;
}

/** Asks everything at the same time and judges what came back. Never rejects for what a setting or a dependency is. */
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
  // What libraries say may hold a connection string.
  const mask = secretMask(secretsOf(env));
  const findings = [...judgeSettings(report), ...found.flat()].map((finding) => ({
    ...finding,
    found: mask(finding.found),
  }));
  return {
    settings: report.lines.map((line) => ({
      ...line,
      ...(line.fault === undefined ? {} : { fault: mask(line.fault) }),
    })),
    findings,
  };
}

/** What the questions need, loaded before any of them is timed. */
const load = (audience: Audience): Promise<unknown> =>
  Promise.all([
    import("pg"),
    import("../../outbox/pool.ts"),
    import("../../outbox/counts.ts"),
    import("../../outbox/migrate.ts"),
    import("../../outbox/sql.ts"),
    audience === "app" ? undefined : import("@temporalio/client"),
  ]);

const unread = (...checks: string[]): Finding[] =>
  checks.map((check) => ({ check, state: "unknown", found: "its settings are missing or bad" }));

async function postgres({ good }: SettingsReport, { audience, limitMs }: ExamineOptions): Promise<Finding[]> {
  if (good.database === undefined) return unread("postgres");
  return judgePostgres(await askPostgres(good.database, limitMs), audience, good.worker?.pollIntervalMs ?? 0);
}

async function temporal({ good }: SettingsReport, { audience, limitMs }: ExamineOptions): Promise<Finding[]> {
  if (audience === "app") return [];
  if (good.temporal === undefined) return unread("temporal");
  return judgeTemporal(await askTemporal(good.temporal, limitMs), good.temporal, Date.now());
}

/** Together, because what Novu should have is what the app's bridge serves. */
async function novuAndApp({ good }: SettingsReport, env: Env, options: ExamineOptions): Promise<Finding[]> {
  const { limitMs } = options;
  const place = appPlace(good, env, options);
  const [novu, app] = await Promise.all([
    good.novu === undefined ? undefined : askNovu(good.novu, limitMs),
    place === undefined ? undefined : askApp(place, good.novu?.secretKey, limitMs),
  ]);
  const served = (app === undefined ? undefined : servedBy(app)) ?? workflowIds;
  return [
    ...(novu === undefined || good.novu === undefined ? unread("novu") : judgeNovu(novu, good.novu, served)),
    ...(place === undefined ? [] : app === undefined ? unread("app") : judgeApp(app, place)),
  ];
}

/** Undefined where the app is not asked for, or its port cannot be read: its settings then say so. */
function appPlace({ app }: SettingsReport["good"], env: Env, { audience, appUrl }: ExamineOptions): Place | undefined {
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
  const place = workerUrl === undefined ? workerPlace(good, env) : { url: workerUrl, named: true };
  return place === undefined ? unread("worker") : [judgeWorker(await askWorker(place, limitMs), place)];
}

function workerPlace({ worker: settings }: SettingsReport["good"], env: Env): Place | undefined {
  if (settings === undefined) return undefined;
  const host = ["0.0.0.0", "::"].includes(settings.host) ? "127.0.0.1" : settings.host;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${settings.healthPort}`,
    named: Boolean(env.WORKER_HEALTH_PORT?.trim()),
  };
}

async function supabase({ good }: SettingsReport, { audience, limitMs }: ExamineOptions): Promise<Finding[]> {
  if (audience === "worker" || good.supabase === undefined) return [];
  const asked = await askSupabase(good.supabase, limitMs);
  return asked === undefined ? [] : [judgeSupabase(asked, good.supabase.url ?? "")];
}
