import type { z } from "zod";
import {
  hostPort,
  httpUrl,
  longText,
  milliseconds,
  oneOf,
  pairs,
  pem,
  port,
  postgresUrl,
  ratio,
  text,
  wholeNumber,
  yesNo,
} from "./kinds.ts";

export interface Variable<T> {
  /** Name in the environment. */
  readonly env: string;
  readonly kind: z.ZodType<T, string>;
  /** One line for .env.example, docs/settings.md and `doctor`. */
  readonly about: string;
  /** Default. A variable with neither a default nor `required` may stay unset. */
  readonly fallback?: string;
  readonly required?: boolean;
  /** Never shown. `<env>_FILE` may name a file that holds it. */
  readonly secret?: boolean;
  /** The name of this setting in the previous release. It works until the next release. */
  readonly formerly?: string;
}

type Optional<T> = Variable<T> & { readonly fallback?: undefined; readonly required?: false };

const needed = <T>(env: string, kind: z.ZodType<T, string>, about: string): Variable<T> => ({
  env,
  kind,
  about,
  required: true,
});
const secret = <T>(env: string, kind: z.ZodType<T, string>, about: string): Variable<T> => ({
  ...needed(env, kind, about),
  secret: true,
});
const withDefault = <T>(env: string, kind: z.ZodType<T, string>, fallback: string, about: string): Variable<T> => ({
  env,
  kind,
  about,
  fallback,
});
const optional = <T>(env: string, kind: z.ZodType<T, string>, about: string): Optional<T> => ({
  env,
  kind,
  about,
  required: false,
});
const optionalSecret = <T>(env: string, kind: z.ZodType<T, string>, about: string): Optional<T> => ({
  ...optional(env, kind, about),
  secret: true,
});

/** Every setting, by group. A process parses only the groups that it needs, and only their problems stop it. */
export const variables = {
  general: {
    nodeEnv: withDefault(
      "NODE_ENV",
      oneOf(["development", "production", "test"]),
      "development",
      "development, production or test",
    ),
    logLevel: withDefault(
      "XNOVU_LOG_LEVEL",
      oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
      "info",
      "least level of the log lines",
    ),
    revision: optional("XNOVU_REVISION", text, "git revision that runs; a label of the metric xnovu_build_info"),
    stateDir: withDefault("XNOVU_STATE_DIR", text, ".xnovu", "folder of pid files, logs and the embedded stack's data"),
  },
  novu: {
    secretKey: secret("NOVU_SECRET_KEY", text, "Novu API secret key; also signs the bridge's requests"),
    apiUrl: withDefault(
      "NOVU_API_URL",
      httpUrl,
      "https://api.novu.co",
      "Novu API; https://eu.api.novu.co for the EU region, or your own server",
    ),
    timeoutMs: withDefault(
      "XNOVU_NOVU_TIMEOUT_MS",
      milliseconds(100, 120_000),
      "10000",
      "time limit of one call to Novu",
    ),
  },
  database: {
    url: secret(
      "DATABASE_URL",
      postgresUrl,
      "PostgreSQL connection string; a session or direct connection, not a transaction-mode pooler",
    ),
    poolSize: withDefault("XNOVU_DATABASE_POOL_SIZE", wholeNumber(2, 500), "10", "most connections of one process"),
    statementTimeoutMs: withDefault(
      "XNOVU_STATEMENT_TIMEOUT_MS",
      milliseconds(100),
      "15000",
      "time limit of one SQL statement",
    ),
  },
  supabase: {
    url: optional(
      "NEXT_PUBLIC_SUPABASE_URL",
      httpUrl,
      "Supabase project address; when set, its API is part of the health check",
    ),
    serviceRoleKey: optionalSecret("SUPABASE_SERVICE_ROLE_KEY", text, "Supabase service role key"),
  },
  temporal: {
    address: withDefault("TEMPORAL_ADDRESS", hostPort, "localhost:7233", "Temporal frontend, host:port"),
    namespace: withDefault("TEMPORAL_NAMESPACE", text, "xnovu", "Temporal namespace"),
    taskQueue: withDefault("TEMPORAL_TASK_QUEUE", text, "xnovu-notification-processing", "Temporal task queue"),
    apiKey: optionalSecret("TEMPORAL_API_KEY", text, "Temporal Cloud API key; switches TLS on"),
    tls: optional("TEMPORAL_TLS", yesNo, "true to connect with TLS; the default with an API key or a certificate"),
    tlsCa: optionalSecret("TEMPORAL_TLS_CA", pem, "PEM of the authority that signed the server's certificate"),
    tlsCert: optionalSecret("TEMPORAL_TLS_CERT", pem, "PEM of the client certificate (mTLS)"),
    tlsKey: optionalSecret("TEMPORAL_TLS_KEY", pem, "PEM of the client certificate's key (mTLS)"),
    maxConcurrentActivities: withDefault(
      "TEMPORAL_MAX_CONCURRENT_ACTIVITIES",
      wholeNumber(1, 10_000),
      "100",
      "Temporal activities a worker runs at once",
    ),
    maxConcurrentWorkflows: withDefault(
      "TEMPORAL_MAX_CONCURRENT_WORKFLOWS",
      wholeNumber(2, 10_000),
      "50",
      "Temporal workflow tasks a worker runs at once",
    ),
    metricsAddress: optional(
      "XNOVU_TEMPORAL_METRICS_ADDRESS",
      hostPort,
      "IP and port, such as 127.0.0.1:9464, where the worker serves the Temporal SDK's own metrics; off unless set",
    ),
  },
  worker: {
    host: withDefault("XNOVU_WORKER_HOST", text, "0.0.0.0", "address the worker's health server listens on"),
    healthPort: withDefault("WORKER_HEALTH_PORT", port, "3001", "port of /health, /status and /metrics"),
    pollIntervalMs: withDefault(
      "POLL_INTERVAL_MS",
      milliseconds(50),
      "10000",
      "poll for new notifications (a NOTIFY wakes it at once)",
    ),
    failedPollIntervalMs: withDefault(
      "FAILED_POLL_INTERVAL_MS",
      milliseconds(50),
      "60000",
      "poll for failed notifications that are due again",
    ),
    scheduledPollIntervalMs: withDefault(
      "SCHEDULED_POLL_INTERVAL_MS",
      milliseconds(50),
      "30000",
      "poll for scheduled notifications that are due",
    ),
    batchSize: withDefault("POLL_BATCH_SIZE", wholeNumber(1, 10_000), "100", "most notifications in one claim"),
    claimMax: withDefault(
      "XNOVU_CLAIM_MAX",
      wholeNumber(1, 10_000),
      "1000",
      "during a backlog claims grow from POLL_BATCH_SIZE up to this, but not beyond what Novu accepts in half a second",
    ),
    leaseMs: withDefault(
      "XNOVU_LEASE_MS",
      milliseconds(1_000),
      "60000",
      "how long a claim holds its rows before another worker may take them over",
    ),
    rescueIntervalMs: {
      ...withDefault(
        "XNOVU_RESCUE_INTERVAL_MS",
        milliseconds(50),
        "15000",
        "how often the worker looks for claims whose lease expired",
      ),
      formerly: "XNOVU_SWEEP_INTERVAL_MS",
    },
    retryBaseMs: withDefault(
      "XNOVU_RETRY_BASE_MS",
      milliseconds(1),
      "5000",
      "first retry waits up to this; doubles with each attempt",
    ),
    retryMaxMs: withDefault("XNOVU_RETRY_MAX_MS", milliseconds(1), "3600000", "no retry waits longer than this"),
    shutdownTimeoutMs: withDefault(
      "XNOVU_SHUTDOWN_TIMEOUT_MS",
      milliseconds(100, 600_000),
      "25000",
      "deadline of a graceful stop; keep the supervisor's grace period above it",
    ),
    restartLimit: withDefault(
      "XNOVU_RESTART_LIMIT",
      wholeNumber(0, 1_000),
      "5",
      "restarts of one failing component within the restart window before the process ends",
    ),
    restartWindowMs: withDefault(
      "XNOVU_RESTART_WINDOW_MS",
      milliseconds(1_000),
      "300000",
      "time window of the restart limit",
    ),
  },
  app: {
    port: withDefault("PORT", port, "4000", "port of the app: bridge, API and pages"),
    healthTimeoutMs: withDefault(
      "XNOVU_HEALTH_TIMEOUT_MS",
      milliseconds(50, 60_000),
      "3000",
      "time limit of each dependency in a health check",
    ),
    apiRatePerMinute: withDefault(
      "XNOVU_API_RATE_PER_MINUTE",
      // A full batch must fit.
      wholeNumber(100, 10_000_000),
      "6000",
      "notifications and other API calls that a key may make a minute, in each process of the app",
    ),
    operatorPassword: optionalSecret(
      "XNOVU_OPERATOR_PASSWORD",
      longText(16),
      "password of the operations pages (/operations, user operator); they are off unless it is set",
    ),
    temporalUiUrl: optional(
      "XNOVU_TEMPORAL_UI_URL",
      httpUrl,
      "Temporal's web pages; the operations pages link to its workflows when set",
    ),
    inboxUrl: optional(
      "XNOVU_INBOX_URL",
      httpUrl,
      "inbox page of the embedded stack; the landing page links to it when set",
    ),
  },
  // OpenTelemetry's own names. Its exporter also reads OTEL_EXPORTER_OTLP_CERTIFICATE, _COMPRESSION and _TIMEOUT.
  tracing: {
    endpoint: optional(
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      httpUrl,
      "OpenTelemetry collector (OTLP over HTTP), such as http://localhost:4318; traces are off unless it or the next one is set",
    ),
    tracesEndpoint: optional(
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
      httpUrl,
      "full address for traces, such as http://localhost:4318/v1/traces; replaces the previous one",
    ),
    headers: optionalSecret(
      "OTEL_EXPORTER_OTLP_HEADERS",
      pairs,
      "headers for the collector, such as authorization=Bearer%20KEY; commas between several",
    ),
    protocol: withDefault(
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      oneOf(["http/protobuf"]),
      "http/protobuf",
      "the only supported protocol; collectors serve it on port 4318 (gRPC on 4317)",
    ),
    serviceName: optional("OTEL_SERVICE_NAME", text, "service of the spans; xnovu-worker and xnovu-app when unset"),
    resourceAttributes: optional(
      "OTEL_RESOURCE_ATTRIBUTES",
      pairs,
      "attributes of every span's service, such as deployment.environment.name=production",
    ),
    sampler: withDefault(
      "OTEL_TRACES_SAMPLER",
      oneOf([
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
      ]),
      "parentbased_always_on",
      "which traces are recorded; parentbased_ samplers follow the producer's trace context",
    ),
    ratio: withDefault("OTEL_TRACES_SAMPLER_ARG", ratio, "1", "share of the traces for a ratio sampler, 0 to 1"),
    disabled: withDefault("OTEL_SDK_DISABLED", yesNo, "false", "true switches traces off, whatever else is set"),
  },
} as const satisfies Record<string, Record<string, Variable<unknown>>>;

type Value<V> = V extends Optional<infer T> ? T | undefined : V extends Variable<infer T> ? T : never;
export type Variables = typeof variables;
export type Group = keyof Variables;
export type Settings = {
  readonly [G in Group]: { readonly [N in keyof Variables[G]]: Value<Variables[G][N]> };
};
