/** A fault that the system tests inject, by the number that tests and commits use. */
export interface Fault {
  readonly number: number;
  readonly injected: string;
  readonly expected: string;
}

const fault = (number: number, injected: string, expected: string): Fault => ({ number, injected, expected });

/** Numbers never change and are never used again: commits refer to them. */
export const faultList: readonly Fault[] = [
  fault(1, "A worker is killed (SIGKILL) before its claim commits", "The row is still PENDING; no attempt is spent"),
  fault(2, "A worker is killed after the claim", "Another worker takes the row over within lease + rescue interval"),
  fault(3, "A worker is killed after the workflow started", "The same workflow ID goes on, in one run"),
  fault(
    4,
    "A worker is killed after Novu accepted a call, before the outcome commits",
    "The call is repeated under the same idempotency key; one message per recipient",
  ),
  fault(
    5,
    "SIGTERM while a batch is sent",
    "The worker claims nothing more, finishes the calls in flight, releases the other rows without spending an attempt, exits 0",
  ),
  fault(6, "A second SIGTERM", "The worker releases its rows and exits non-zero at once"),
  fault(7, "SIGTERM while the worker starts", "The worker exits 0; nothing was claimed"),
  fault(
    8,
    "SIGSTOP past the lease, then SIGCONT",
    "The late write changes no row, because its lease token is old; it counts as a lost lease",
  ),
  fault(9, "Four workers claim 10,000 rows at once", "No row is claimed twice"),
  fault(10, "Postgres restarts, fast and immediate", "No crash; the worker reconnects with backoff and jitter"),
  fault(11, "Postgres terminates connections, idle and in the middle of a query", "As for 10"),
  fault(12, "A half-open TCP connection to Postgres", "The query times out; the worker reconnects; no lock is left"),
  fault(13, "Postgres is frozen (SIGSTOP)", "Live: yes. Ready: no. Every probe gets a response"),
  fault(14, "Postgres is slow", "Polls of one loop never overlap; claims shrink"),
  fault(
    15,
    "The disk is full, or the database is read-only",
    "Novu gets no call without a committed claim; delivery resumes without a restart",
  ),
  fault(16, "The connection pool is exhausted", "Waiting for a connection times out; health still responds"),
  fault(
    17,
    "Temporal is down when the worker starts",
    "The HTTP server is up, the worker is not ready, retries, and becomes ready",
  ),
  fault(18, "Temporal restarts while the worker sends", "Delivery goes on; no attempt is spent"),
  fault(19, "Wrong Temporal namespace, wrong TLS", "A clear fatal error, no silent retry loop"),
  fault(
    20,
    "Novu replies 429 with Retry-After, in seconds and as a date",
    "All workers pause until then, up to a cap; no attempt is spent",
  ),
  fault(21, "Novu replies 500, 502, 503", "Backoff with jitter; the circuit breaker opens, goes half-open and closes"),
  fault(22, "Novu accepts a call and the reply is lost", "The call is repeated under the same idempotency key"),
  fault(
    23,
    "Novu replies 409 (in progress), or replays an error from its idempotency cache",
    "A 409 is retried under the same key; only the replayed error moves on to a new key",
  ),
  fault(
    24,
    "Novu refuses one event of a batch (400, 422)",
    "That row is dead-lettered with its reason; the other rows of the batch are sent",
  ),
  fault(25, "Novu replies 401 or 403", "Sending is paused and health is down; nothing of the backlog is dead-lettered"),
  fault(
    26,
    "Malformed rows: `\\u0000`, invalid or no recipients, a payload of 20 MiB",
    "Refused on insert (400, 413, CHECK), or dead-lettered one by one",
  ),
  fault(27, "1,000,000 rows wait", "Memory stays flat, claims use indexes, tenants are served in turn"),
  fault(
    28,
    "One transaction ID is inserted twice",
    "Same content: the first notification's ID. Other content: refused with 409",
  ),
  fault(
    29,
    "The worker's clock is 10 minutes off; a schedule falls into a DST gap or overlap",
    "The database's clock decides; the documented rule holds",
  ),
  fault(
    30,
    "A migration runs beside the worker; the schema is behind the code",
    "Migrations take an advisory lock; the worker is not ready and names the missing migration",
  ),
  fault(
    31,
    "The port is in use; the environment is wrong",
    "Exit non-zero at once, naming the port or every wrong variable; nothing was claimed",
  ),
  fault(
    32,
    "Keep-alive clients at shutdown; slow clients",
    "Connections close in bounded time; other probes respond in under 100 ms",
  ),
  fault(33, "The event loop is blocked; a loop or a delivery hangs", "Liveness fails and names what hangs"),
  fault(34, "A row crashes its worker on every attempt", "Its attempts are counted; then it is dead-lettered"),
  fault(35, "stdout and stderr are closed", "No crash"),
];
