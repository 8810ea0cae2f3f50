import type { Env } from "../../core/config/parse.ts";
import { type Variable, variables } from "../../core/config/variables.ts";
import { addressesOf, type Ports } from "./ports-and-paths.ts";

export interface EmbeddedFacts {
  readonly ports: Ports;
  readonly databaseUrl: string;
  /** Novu signs its requests with it, and the worker sends it. */
  readonly novuKey: string;
  /** Password of the operations pages. */
  readonly operatorKey: string;
  readonly stateDir: string;
}

export const namespace = "xnovu";

/** Settings of services that the stack does not have. Removed, so that nothing outside this machine is contacted. */
const absent = ["NEXT_PUBLIC_SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "TEMPORAL_API_KEY", "TEMPORAL_TLS"].concat([
  "TEMPORAL_TLS_CA",
  "TEMPORAL_TLS_CERT",
  "TEMPORAL_TLS_KEY",
]);

const secretNames = Object.values(variables)
  .flatMap((group) => Object.values<Variable<unknown>>(group))
  .filter((variable) => variable.secret)
  .map((variable) => variable.env);

function embedded({ ports, databaseUrl, novuKey, operatorKey, stateDir }: EmbeddedFacts): Record<string, string> {
  const at = addressesOf(ports);
  return {
    DATABASE_URL: databaseUrl,
    NOVU_SECRET_KEY: novuKey,
    NOVU_API_URL: at.inbox,
    XNOVU_INBOX_URL: at.inbox,
    XNOVU_OPERATOR_PASSWORD: operatorKey,
    XNOVU_TEMPORAL_UI_URL: at.temporalUi,
    TEMPORAL_ADDRESS: at.temporal,
    TEMPORAL_NAMESPACE: namespace,
    PORT: String(ports.app),
    WORKER_HEALTH_PORT: String(ports.worker),
    XNOVU_WORKER_HOST: "127.0.0.1",
    XNOVU_STATE_DIR: stateDir,
    // Address that the app listens on. Shells and containers set HOSTNAME to the machine's name.
    HOSTNAME: "127.0.0.1",
    NEXT_TELEMETRY_DISABLED: "1",
  };
}

/** The environment of the stack's app and worker: the caller's, with every setting that names a service replaced. */
export function childEnvironment(env: Env, facts: EmbeddedFacts): NodeJS.ProcessEnv {
  const removed = [...absent, ...secretNames.map((name) => `${name}_FILE`)];
  const own = { ...embedded(facts), NODE_ENV: "production" } as const;
  return { ...env, ...Object.fromEntries(removed.map((name) => [name, undefined])), ...own };
}

/** Settings of the caller that the stack ignores. */
export function unusedSettings(env: Env): string[] {
  const services = ["DATABASE_URL", "NOVU_SECRET_KEY", "NOVU_API_URL", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"];
  const addresses = ["PORT", "WORKER_HEALTH_PORT", "XNOVU_WORKER_HOST"];
  const names = [...services, ...addresses, ...absent, ...secretNames.map((name) => `${name}_FILE`)];
  return [...new Set(names)].filter((name) => env[name]?.trim());
}
