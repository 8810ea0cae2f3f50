/** One thing the worker's health depends on. */
export interface Check {
  readonly status: "up" | "down";
  /** ISO 8601: since when. */
  readonly since?: string;
  /** Why it is down, without secrets. */
  readonly error?: string;
  readonly [detail: string]: unknown;
}

export interface HealthSource {
  /** False from the first signal to stop. */
  readonly accepting: () => boolean;
  readonly database: () => Check;
  readonly temporal: () => Check;
  readonly polling: () => Check;
  readonly processing: () => Check;
  /** Down when a loop has not come round in time, or a delivery does not get on: the process is stuck, and only a restart helps. */
  readonly turning: () => Check;
}

export interface Answer {
  readonly code: 200 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

const answer = (ok: boolean, body: Record<string, unknown>): Answer => ({
  code: ok ? 200 : 503,
  body: { status: ok ? "ok" : "error", ...body },
});

/** `/health`, the guide's: process, Temporal, polling, processing, and the database they need. 503 when one is down or the worker stops. */
export function health(source: HealthSource): Answer {
  const process: Check = source.accepting() ? { status: "up" } : { status: "down", error: "stopping" };
  const checks = {
    process,
    database: source.database(),
    temporal: source.temporal(),
    polling: source.polling(),
    processing: source.processing(),
  };
  return answer(
    Object.values(checks).every(({ status }) => status === "up"),
    { checks },
  );
}

/** `/health/ready`: may take work. Not while it stops, and not before database, Temporal and loops are up. */
export function ready(source: HealthSource): Answer {
  const waitsFor = Object.entries({
    database: source.database(),
    temporal: source.temporal(),
    polling: source.polling(),
  })
    .filter(([, { status }]) => status === "down")
    .map(([name, { error, since }]) => ({ name, error, since }));
  return answer(
    source.accepting() && waitsFor.length === 0,
    source.accepting() ? { waitsFor } : { stopping: true, waitsFor },
  );
}

/** `/health/live`: a dependency that is away is no reason to restart this process; a loop that hangs is. */
export function live(source: HealthSource): Answer {
  const turning = source.turning();
  return answer(turning.status === "up", { checks: { turning } });
}
