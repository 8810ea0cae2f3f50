import type { Asked } from "./ask.ts";
import type { Audience, Finding } from "./finding.ts";
import type { PostgresFacts } from "./postgres-ask.ts";
import {
  type ClockFacts,
  type PauseFacts,
  type RightsFacts,
  type ServerFacts,
  type SessionFacts,
  wanders,
} from "./postgres-queries.ts";

const poolerTodo =
  "point DATABASE_URL at the server itself or at a session-mode pooler (at Supabase: port 5432 instead of 6543)";
const ownerTodo = "connect as the owner of schema notify, or grant the role what it lacks";

type Said = Omit<Finding, "check" | "ms">;

/** What the facts mean. The app needs no more of Postgres than that it answers; the schema and the clock are told to it all the same. */
export function judgePostgres({ server, more }: PostgresFacts, audience: Audience, pollIntervalMs: number): Finding[] {
  const findings = [finding("postgres", server, serverSays)];
  if (more === undefined)
    return server.ok
      ? findings
      : [...findings, { check: "postgres schema", state: "unknown", found: "the database does not answer" }];
  const behind = more.schema.ok && more.schema.value.pending.length > 0;
  findings.push(finding("postgres schema", more.schema, schemaSays), finding("clock", more.clock, clockSays));
  if (audience === "app") return findings;
  // Without its tables nothing below can be known, and one line says what to do.
  const beneath = <T>(check: string, asked: Asked<T>, says: (value: T) => Said): Finding =>
    !asked.ok && behind
      ? { check, state: "unknown", found: "the tables are missing or too old" }
      : finding(check, asked, says);
  return [
    ...findings,
    finding("postgres session", more.session, sessionSays),
    beneath("postgres rights", more.rights, (facts) => rightsSay(facts, server.ok ? server.value.user : "")),
    beneath("sending pause", more.sendingPause, pauseSays),
    beneath("due", more.backlog, (counts) => dueSays(counts.due, counts.oldestDueMs, pollIntervalMs)),
    beneath("dead letters", more.backlog, (counts) => deadSays(counts.dead)),
  ];
}

function finding<T>(check: string, asked: Asked<T>, says: (value: T) => Said): Finding {
  if (asked.ok) return { check, ms: asked.ms, ...says(asked.value) };
  const { message, hint, code } = asked.fault;
  // PgBouncer's statement mode refuses even a transaction, as a violation of the protocol.
  if (code === "08P01" && /pool/i.test(message))
    return { check, state: "down", ms: asked.ms, found: message, todo: poolerTodo };
  const todo = hint ?? (code === "42501" ? ownerTodo : "see the database's log");
  return { check, state: "down", ms: asked.ms, found: message, todo };
}

const ok = (found: string): Said => ({ state: "ok", found });

function serverSays({ version, database, user, startedAt, readOnly }: ServerFacts): Said {
  const major = Math.floor(version / 10_000);
  const found = `PostgreSQL ${major}.${version % 10_000}, database ${database}, role ${user}`;
  if (major < 15) return { state: "down", found: `${found}: too old`, todo: "use PostgreSQL 15 to 18" };
  if (readOnly)
    return {
      state: "down",
      found: `${found}: read-only`,
      todo: "point DATABASE_URL at the primary, which takes writes",
    };
  if (major > 18)
    return {
      state: "warn",
      found: `${found}: newer than this version was tested with`,
      todo: "PostgreSQL 15 to 18 are tested",
    };
  return { ...ok(found), since: startedAt };
}

function schemaSays({
  applied,
  pending,
  unknown,
}: {
  applied: readonly unknown[];
  pending: readonly string[];
  unknown: readonly string[];
}): Said {
  if (pending.length > 0)
    return { state: "down", found: `missing: ${pending.join(", ")}`, todo: "run `pnpm xnovu migrate up`" };
  if (unknown.length > 0)
    return {
      state: "warn",
      found: `ahead of this version of the code: ${unknown.join(", ")}`,
      todo: "run the version that these migrations came with",
    };
  return ok(`${applied.length} migrations, none missing`);
}

/** The worker LISTENs and takes advisory locks, which belong to a session. */
function sessionSays(facts: SessionFacts): Said {
  if (wanders(facts))
    return {
      state: "down",
      found: "a pooler gives each transaction another connection: LISTEN and advisory locks are lost",
      todo: poolerTodo,
    };
  return ok(facts.announced === facts.first ? "a session of its own" : "a session of its own, through a pooler");
}

function rightsSay({ rowSecurity, missing }: RightsFacts, user: string): Said {
  if (missing.length > 0) return { state: "down", found: `${user} lacks ${missing.join(", ")}`, todo: ownerTodo };
  if (rowSecurity)
    return {
      state: "down",
      found: `row security hides every notification from ${user}`,
      todo: "connect as the owner of schema notify, or ALTER ROLE … BYPASSRLS",
    };
  return ok("the worker's tables can be read and written");
}

function pauseSays({ pausedMs, reason, needsPerson, breakerOpens, since }: PauseFacts): Said {
  if (pausedMs <= 0) return ok(breakerOpens > 0 ? `open, after ${breakerOpens} trips of the circuit breaker` : "open");
  const found = `closed for another ${Math.ceil(pausedMs / 1_000)} s: ${reason ?? "no reason given"}`;
  const from = since === null ? {} : { since };
  if (needsPerson)
    return {
      state: "down",
      ...from,
      found,
      todo: "mend key, plan or address of Novu: sending goes on by itself within a minute",
    };
  if (breakerOpens > 0) return { state: "down", ...from, found, todo: "look at Novu: the next try comes by itself" };
  return { state: "warn", ...from, found, todo: "wait: sending goes on by itself" };
}

function dueSays(due: number, oldestMs: number, pollIntervalMs: number): Said {
  const found = due === 0 ? "nothing waits" : `${many(due)}, the oldest for ${Math.round(oldestMs / 1_000)} s`;
  // A row that is due is claimed within a poll; a backlog takes longer.
  if (due === 0 || oldestMs < pollIntervalMs + 60_000) return ok(found);
  return { state: "warn", found, todo: "does a worker run? See the lines of worker, sending pause and task queue" };
}

const deadSays = (dead: number): Said =>
  dead === 0
    ? ok("none")
    : {
        state: "warn",
        found: many(dead),
        todo: "`pnpm xnovu list --status DEAD` tells why; `pnpm xnovu retry --all-dead` sends them again",
      };

const many = (count: number): string => (count > 10_000 ? "more than 10,000" : String(count));

/** Milliseconds from which signatures between Novu and the bridge are refused, and from which times in logs mislead. */
const refusedMs = 300_000;
const noticedMs = 2_000;

export function clockSays({ aheadMs, errorMs }: ClockFacts): Said {
  const apart = Math.max(0, Math.abs(aheadMs) - errorMs);
  const found = `the database's clock is ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? "behind" : "ahead of"} this machine's (±${errorMs})`;
  const todo = "set the clocks (NTP): the bridge refuses signatures that are five minutes off";
  return apart >= refusedMs
    ? { state: "down", found, todo }
    : apart >= noticedMs
      ? { state: "warn", found, todo }
      : ok(found);
}
