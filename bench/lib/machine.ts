import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import { temporalVersion } from "../../local/temporal.ts";
import { root } from "./checkout.ts";
import { round } from "./numbers.ts";
import { postgresSettings, type Stage, withClient } from "./stage.ts";

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly postgres: string;
  readonly postgresSettings: Readonly<Record<string, string>>;
  readonly temporalCli: string;
  /** Of one minute, before the measurement: on a quiet machine below 0.5. */
  readonly loadBefore: number;
}

/** What a figure depends on beside the code. */
export async function machineFacts(stage: Stage): Promise<Machine> {
  const version = await withClient(stage.postgres.url, (client) =>
    client.query<{ server_version: string }>("SHOW server_version"),
  );
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB: round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: version.rows[0]?.server_version ?? "unknown",
    postgresSettings,
    temporalCli: temporalVersion,
    loadBefore: round(loadavg()[0] ?? Number.NaN, 2),
  };
}

/** The commit that is measured, with `-dirty` when files differ from it. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  return git("describe", "--always", "--dirty", "--exclude=*");
}
