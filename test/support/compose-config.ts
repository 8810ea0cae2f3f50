import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "@xnovu/test-engine/command";
import { variables } from "../../core/config/variables.ts";
import { root } from "./worker.ts";

// compose.yaml as Compose reads it.

export interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string; readonly target: number }[];
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required: boolean }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly interval?: string; readonly retries?: number };
  readonly logging: { readonly options: Readonly<Record<string, string>> };
  readonly restart: string;
  readonly stop_grace_period?: string;
  readonly cpus?: number;
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}
/** As much of a configuration as tests look at. */
export interface Project {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}
export type Settings = Readonly<Record<string, string>>;

/**
 * What Compose makes of compose.yaml, further files, and a .env file of these settings, which it writes into `folder`. Nothing of this process'
 * environment counts.
 *
 * @param program docker-compose, or whatever reads as it does
 * @throws EngineError with Compose's words when it refuses.
 */
export async function composeConfig(
  program: string,
  folder: string,
  settings: Settings,
  files: readonly string[] = [],
): Promise<Project> {
  const envFile = join(folder, ".env");
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(envFile, lines.join(""));
  const named = ["compose.yaml", ...files].flatMap((file) => ["-f", file]);
  const args = ["--project-directory", root, "--env-file", envFile, ...named, "config", "--format", "json"];
  const env = { NODE_ENV: "test", PATH: process.env.PATH, HOME: folder } as const;
  return JSON.parse(await output(program, args, { cwd: root, env }));
}

/** @throws Error when there is none of that name. */
export function serviceOf(project: Project, name: string): Service {
  const service = project.services[name];
  if (!service) throw new Error(`no service ${name}`);
  return service;
}

export const environmentOf = (project: Project, name: string): Settings => serviceOf(project, name).environment ?? {};

/** The secret settings of app and worker. */
export const secretSettings = Object.values(variables)
  .flatMap((group) => Object.values<{ env: string; secret?: boolean }>(group))
  .filter(({ secret }) => secret)
  .map(({ env }) => env);

/** Every secret of compose.yaml as a file in `folder`, and the settings that name them. Each file holds `value-of-<NAME>`. */
export function secretsInFiles(folder: string): Settings {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  const names = [...secretSettings, "POSTGRES_PASSWORD", "TEMPORAL_DATABASE_PASSWORD", "GRAFANA_PASSWORD"];
  return Object.fromEntries(
    names.map((name) => {
      const file = join(folder, "secrets", name.toLowerCase());
      writeFileSync(file, `value-of-${name}\n`);
      return [`${name}_FILE`, file];
    }),
  );
}
