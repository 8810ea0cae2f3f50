import { join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";

/** The ports of one stack, all on 127.0.0.1. */
export interface Ports {
  readonly app: number;
  readonly worker: number;
  readonly novu: number;
  readonly temporal: number;
  readonly temporalUi: number;
  readonly postgres: number;
}
export type PortName = keyof Ports;

/** The ports with offset 0. Not 5432 for Postgres, where the user's own server often runs. */
export const defaultPorts: Ports = {
  app: 4000,
  worker: 3001,
  novu: 3003,
  temporal: 7233,
  temporalUi: 8233,
  postgres: 54320,
};

export const portLabels: Readonly<Record<PortName, string>> = {
  app: "app",
  worker: "worker",
  novu: "Novu emulator",
  temporal: "Temporal",
  temporalUi: "Temporal's web pages",
  postgres: "Postgres",
};

/** The highest offset that keeps every port within 65535. */
export const maxOffset = 65_535 - Math.max(...Object.values(defaultPorts));

/** @throws UsageError when the offset is not a whole number from 0 to `maxOffset`. */
export function portsAt(offset: number): Ports {
  if (!Number.isInteger(offset) || offset < 0 || offset > maxOffset)
    throw new UsageError(`--port-offset must be a whole number from 0 to ${maxOffset}`, "Example: --port-offset 100");
  const { app, worker, novu, temporal, temporalUi, postgres } = defaultPorts;
  return {
    app: app + offset,
    worker: worker + offset,
    novu: novu + offset,
    temporal: temporal + offset,
    temporalUi: temporalUi + offset,
    postgres: postgres + offset,
  };
}

/** Files and folders of a stack. Two checkouts share none of them. */
export interface StackPaths {
  readonly folder: string;
  readonly stateFile: string;
  readonly logs: string;
  readonly postgres: string;
  readonly temporalDb: string;
  readonly novuData: string;
  readonly novuKey: string;
  readonly operatorKey: string;
  readonly app: string;
}

/** A relative `stateDir` is resolved against `root`. */
export function stackPaths(root: string, stateDir: string): StackPaths {
  const folder = resolve(root, stateDir);
  return {
    folder,
    stateFile: join(folder, "stack.json"),
    logs: join(folder, "logs"),
    postgres: join(folder, "postgres"),
    temporalDb: join(folder, "temporal", "temporal.db"),
    novuData: join(folder, "novu", "journal.jsonl"),
    novuKey: join(folder, "novu", "secret-key"),
    operatorKey: join(folder, "operator-key"),
    app: join(folder, "app"),
  };
}

export interface Addresses {
  readonly app: string;
  readonly bridge: string;
  readonly operations: string;
  readonly inbox: string;
  readonly worker: string;
  readonly temporal: string;
  readonly temporalUi: string;
}

export function addressesOf(ports: Ports): Addresses {
  const http = (port: number) => `http://127.0.0.1:${port}`;
  return {
    app: http(ports.app),
    bridge: `${http(ports.app)}/api/novu`,
    operations: `${http(ports.app)}/operations`,
    inbox: http(ports.novu),
    worker: http(ports.worker),
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: http(ports.temporalUi),
  };
}
