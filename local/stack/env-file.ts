import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namespace } from "./environment.ts";
import { addressesOf, type Ports, type StackPaths } from "./ports-and-paths.ts";

export const envFilePath = ({ folder }: StackPaths): string => join(folder, "stack.env");

/**
 * Writes a file for a shell to source: the settings for other commands, and psql's own variables, because every user of the machine can read a
 * password in a program's arguments.
 */
export function writeEnvFile(paths: StackPaths, ports: Ports, databaseUrl: string, novuKey: string): void {
  const database = new URL(databaseUrl);
  const values = {
    DATABASE_URL: databaseUrl,
    NOVU_SECRET_KEY: novuKey,
    NOVU_API_URL: addressesOf(ports).inbox,
    TEMPORAL_ADDRESS: addressesOf(ports).temporal,
    TEMPORAL_NAMESPACE: namespace,
    PORT: String(ports.app),
    WORKER_HEALTH_PORT: String(ports.worker),
    PGHOST: database.hostname,
    PGPORT: database.port,
    PGUSER: database.username,
    PGPASSWORD: decodeURIComponent(database.password),
    PGDATABASE: database.pathname.slice(1),
  };
  const lines = Object.entries(values).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(envFilePath(paths), `${lines.join("\n")}\n`, { mode: 0o600 });
}

export const removeEnvFile = (paths: StackPaths): void => rmSync(envFilePath(paths), { force: true });
