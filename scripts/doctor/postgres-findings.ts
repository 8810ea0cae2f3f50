import type { Measured } from "../../core/diagnosis/measure.ts";
import { diagnosePostgres, ownerHint, poolerHint } from "../../outbox/diagnosis.ts";
import type { MigrationStatus } from "../../outbox/migrate.ts";
import { type Audience, down, type Finding, unknown } from "./finding.ts";
import type { PostgresFacts } from "./postgres-facts.ts";
import {
  type ClockFacts,
  type PauseFacts,
  type RightsFacts,
  type ServerFacts,
  type SessionFacts,
  switchesBackend,
} from "./postgres-queries.ts";

/** A finding without its check and time. */
type Verdict = Omit<Finding, "check" | "ms">;

export interface PostgresContext {
  readonly audience: Audience;
  /** DATABASE_URL. */
  readonly url: string;
  readonly pollIntervalMs: number;
}

/** What the facts mean. The app needs only a database that responds; it gets the findings on schema and clock as well. */
export function postgresFindings({ server, more }: PostgresFacts, context: PostgresContext): Finding[] {
  const finding = <T>(check: string, measured: Measured<T>, verdict: (value: T) => Verdict): Finding =>
    measured.ok
      ? { check, ms: measured.ms, ...verdict(measured.value) }
      : down(check, measured.ms, diagnosePostgres(measured.error, context.url));
  const findings = [finding("postgres", server, serverVerdict)];
  if (more === undefined)
    return server.ok ? findings : [...findings, unknown("postgres schema", "the database does not respond")];
  findings.push(finding("postgres schema", more.schema, schemaVerdict), finding("clock", more.clock, clockVerdict));
  if (context.audience === "app") return findings;
  const isBehind = more.schema.ok && more.schema.value.pending.length > 0;
  // Without the tables nothing below can be known; the finding on the schema says what to do.
  const onTables = <T>(check: string, measured: Measured<T>, verdict: (value: T) => Verdict): Finding =>
    !measured.ok && isBehind ? unknown(check, "the tables are missing or too old") : finding(check, measured, verdict);
  return [
    ...findings,
    finding("postgres session", more.session, sessionVerdict),
    onTables("postgres rights", more.rights, (facts) => rightsVerdict(facts, server.ok ? server.value.user : "")),
    onTables("sending pause", more.sendingPause, pauseVerdict),
    onTables("due", more.backlog, (counts) => dueVerdict(counts.due, counts.oldestDueMs, context.pollIntervalMs)),
    onTables("dead letters", more.backlog, (counts) => deadVerdict(counts.dead)),
  ];
}

const ok = (found: string): Verdict => ({ state: "ok", found });

function serverVerdict({ version, database, user, startedAt, readOnly }: ServerFacts): Verdict {
  const major = Math.floor(version / 10_000);
  const found = `PostgreSQL ${major}.${version % 10_000}, database ${database}, role ${user}`;
  if (major < 15) return { state: "down", found: `${found}: too old`, todo: "Use PostgreSQL 15 to 18." };
  if (readOnly)
    return {
      state: "down",
      found: `${found}: read-only`,
      todo: "Point DATABASE_URL at the primary, which accepts writes.",
    };
  if (major > 18)
    return {
      state: "warn",
      found: `${found}: newer than the tested versions`,
      todo: "Use PostgreSQL 15 to 18: these are tested.",
    };
  return { ...ok(found), since: startedAt };
}

function schemaVerdict({ applied, pending, unknown }: MigrationStatus): Verdict {
  if (pending.length > 0)
    return { state: "down", found: `missing: ${pending.join(", ")}`, todo: "Run `pnpm xnovu migrate up`." };
  if (unknown.length > 0)
    return {
      state: "warn",
      found: `ahead of this version of the code: ${unknown.join(", ")}`,
      todo: "Run the version that these migrations belong to.",
    };
  return ok(`${applied.length} migrations, none missing`);
}

/** The worker uses LISTEN and advisory locks, which belong to a session. */
function sessionVerdict(facts: SessionFacts): Verdict {
  if (switchesBackend(facts))
    return {
      state: "down",
      found: "a pooler gives each transaction another connection: LISTEN and advisory locks are lost",
      todo: poolerHint,
    };
  return ok(facts.announced === facts.first ? "a session of its own" : "a session of its own, through a pooler");
}

function rightsVerdict({ rowSecurity, missing }: RightsFacts, user: string): Verdict {
  if (missing.length > 0) return { state: "down", found: `${user} lacks ${missing.join(", ")}`, todo: ownerHint };
  if (rowSecurity)
    return {
      state: "down",
      found: `row-level security hides every notification from ${user}`,
      todo: "Connect as the owner of schema notify, or ALTER ROLE … BYPASSRLS.",
    };
  return ok("the role can read and write the worker's tables");
}

function pauseVerdict({ pausedMs, reason, needsPerson, breakerOpens, since }: PauseFacts): Verdict {
  if (pausedMs <= 0) return ok(breakerOpens > 0 ? "not paused; the circuit breaker is half-open" : "not paused");
  const found = `sending is paused for another ${Math.ceil(pausedMs / 1_000)} s: ${reason ?? "no reason given"}`;
  const from = since === null ? {} : { since };
  if (needsPerson)
    return {
      state: "down",
      ...from,
      found,
      todo: "Fix the key, the plan or the address of Novu: sending resumes within a minute.",
    };
  if (breakerOpens > 0)
    return { state: "down", ...from, found, todo: "Check Novu: the circuit breaker tries again by itself." };
  return { state: "warn", ...from, found, todo: "Wait: sending resumes by itself." };
}

function dueVerdict(due: number, oldestMs: number, pollIntervalMs: number): Verdict {
  const found = due === 0 ? "none" : `${many(due)}, the oldest for ${Math.round(oldestMs / 1_000)} s`;
  // A worker claims a due row within one poll; only a backlog takes longer.
  if (due === 0 || oldestMs < pollIntervalMs + 60_000) return ok(found);
  return {
    state: "warn",
    found,
    todo: "Check that a worker runs: see the lines on worker, sending pause and task queue.",
  };
}

const deadVerdict = (dead: number): Verdict =>
  dead === 0
    ? ok("none")
    : {
        state: "warn",
        found: many(dead),
        todo: "`pnpm xnovu list --status DEAD` shows why; `pnpm xnovu retry --all-dead` sends them again.",
      };

const many = (count: number): string => (count > 10_000 ? "more than 10,000" : String(count));

/** Clock difference in milliseconds at which the bridge refuses Novu's signatures, and at which log times mislead. */
const refusedMs = 300_000;
const noticeableMs = 2_000;

export function clockVerdict({ aheadMs, errorMs }: ClockFacts): Verdict {
  const difference = Math.max(0, Math.abs(aheadMs) - errorMs);
  const found = `the database's clock is ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? "behind" : "ahead of"} this machine's (±${errorMs})`;
  const todo = "Synchronize the clocks (NTP): the bridge refuses signatures that are five minutes off.";
  if (difference >= refusedMs) return { state: "down", found, todo };
  return difference >= noticeableMs ? { state: "warn", found, todo } : ok(found);
}
