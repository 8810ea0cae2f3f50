/** One check of the worker's health. */
export interface Check {
  readonly status: "up" | "down";
  /** ISO 8601: when this status began. */
  readonly since?: string;
  /** Why it is down, without secrets. */
  readonly error?: string;
  readonly [detail: string]: unknown;
}

export interface HealthSource {
  /** False once a signal stops the worker. */
  readonly accepting: () => boolean;
  readonly database: () => Check;
  readonly temporal: () => Check;
  readonly polling: () => Check;
  readonly processing: () => Check;
  /** Down when a poll hangs or a delivery is stuck: only a restart of the process helps. */
  readonly watchdog: () => Check;
}

export interface HealthResponse {
  readonly code: 200 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

const respond = (ok: boolean, body: Record<string, unknown>): HealthResponse => ({
  code: ok ? 200 : 503,
  body: { status: ok ? "ok" : "error", ...body },
});

/** `/health`: process, database, Temporal, polling and processing. 503 when one of them is down, or when the worker stops. */
export function health(source: HealthSource): HealthResponse {
  const process: Check = source.accepting() ? { status: "up" } : { status: "down", error: "stopping" };
  const checks = {
    process,
    database: source.database(),
    temporal: source.temporal(),
    polling: source.polling(),
    processing: source.processing(),
  };
  return respond(
    Object.values(checks).every(({ status }) => status === "up"),
    { checks },
  );
}

/** `/health/ready`: whether the worker takes work: database, Temporal and loops are up, and it does not stop. */
export function ready(source: HealthSource): HealthResponse {
  const waitsFor = Object.entries({
    database: source.database(),
    temporal: source.temporal(),
    polling: source.polling(),
  })
    .filter(([, { status }]) => status === "down")
    .map(([name, { error, since }]) => ({ name, error, since }));
  return respond(
    source.accepting() && waitsFor.length === 0,
    source.accepting() ? { waitsFor } : { stopping: true, waitsFor },
  );
}

/** `/health/live`: down only when a restart of this process helps. A dependency that is away is no reason. */
export function live(source: HealthSource): HealthResponse {
  const watchdog = source.watchdog();
  return respond(watchdog.status === "up", { checks: { watchdog } });
}
