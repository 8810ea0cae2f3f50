import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import { unpackedPackage } from "@xnovu/test-engine/debian";
import { onPath } from "@xnovu/test-engine/tool-find";
import { startChild, waitReady } from "./child.ts";
import { freePort } from "./ports.ts";

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/**
 * Prometheus and promtool from PATH, or from Debian's package `prometheus`, unpacked into the cache without installing it. A build with Go would take
 * ten minutes.
 *
 * @throws EngineError that says what to install.
 */
export async function findPrometheus(log: Log): Promise<PrometheusPrograms> {
  const installed = { prometheus: onPath("prometheus"), promtool: onPath("promtool") };
  const { prometheus, promtool } = installed;
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  const folder = join(await unpackedPackage("prometheus", log), "usr/bin");
  return { prometheus: join(folder, "prometheus"), promtool: join(folder, "promtool") };
}

export interface Scraped {
  readonly job: string;
  /** `host:port` */
  readonly target: string;
}

export interface PrometheusOptions {
  readonly programs: PrometheusPrograms;
  /** A folder for this server only. The caller removes it. */
  readonly folder: string;
  /** Absolute paths of rule files. */
  readonly rules: readonly string[];
  readonly scrape: readonly Scraped[];
}

export interface Prometheus {
  readonly url: string;
  /** The current result of a query. @throws Error with Prometheus' message when it refuses the query. */
  query(expr: string): Promise<Series[]>;
  stop(): Promise<void>;
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds, and the value as text: it may be NaN. */
  readonly value: readonly [number, string];
}

/** A Prometheus on a free port of 127.0.0.1 that scrapes and evaluates every second. */
export async function startPrometheus({ programs, folder, rules, scrape }: PrometheusOptions): Promise<Prometheus> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "prometheus.yml");
  // JSON is valid YAML.
  writeFileSync(config, JSON.stringify(configOf(rules, scrape)));
  const port = await freePort();
  const child = await startChild({
    name: "prometheus",
    file: programs.prometheus,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitReady(
      child,
      async () => {
        const { status } = await fetch(`${url}/-/ready`);
        if (status !== 200) throw new Error(`/-/ready responded with ${status}`);
      },
      { limitMs: 60_000, everyMs: 200 },
    );
  } catch (error) {
    await child.stop({ signal: "SIGKILL" });
    throw error;
  }
  return { url, query: (expr) => runQuery(url, expr), stop: async () => void (await child.stop()) };
}

const configOf = (rules: readonly string[], scrape: readonly Scraped[]) => ({
  global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
  rule_files: rules,
  scrape_configs: scrape.map(({ job, target }) => ({ job_name: job, static_configs: [{ targets: [target] }] })),
});

async function runQuery(url: string, expr: string): Promise<Series[]> {
  const body = new URLSearchParams({ query: expr });
  const response = await fetch(`${url}/api/v1/query`, { method: "POST", body, signal: AbortSignal.timeout(20_000) });
  const reply = (await response.json()) as { error?: string; data?: { result: Series[] } };
  if (reply.data === undefined) throw new Error(`Prometheus refused ${expr}: ${reply.error ?? response.status}`);
  return reply.data.result;
}
