import type { Effect } from "@xnovu/novu-emulator";
import type { Pool } from "pg";
import * as assert from "uvu/assert";
import type { Recipient } from "../../core/notification.ts";
import { auditViolations } from "./audit.ts";

export interface Rules {
  /** Whether Novu answered a repeated Idempotency-Key from its cache. True when absent. */
  readonly idempotency?: boolean;
  /** With idempotency off: events whose reply was lost, each of which may have been accepted once more. 0 when absent. */
  readonly repliesLost?: number;
  /** Whether every row has to have come to its end. True when absent. */
  readonly drained?: boolean;
}

/** Counts are of (notification, recipient) pairs, but for `inserted` and `deadLetters`, which are of notifications. */
export interface Verdict {
  readonly inserted: number;
  /** Pairs that Novu accepted at least once. */
  readonly accepted: number;
  /** Acceptances beyond the first of a pair. */
  readonly duplicates: number;
  readonly deadLetters: number;
  /** Pairs that count as sent and that Novu never accepted. */
  readonly lost: number;
  /** One line for each broken invariant. */
  readonly violations: readonly string[];
}

export interface OracleRow {
  readonly id: string;
  readonly tenant: string;
  readonly transaction: string;
  readonly status: string;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly recipients: readonly Recipient[];
  /** Ordinals that ended as refused. */
  readonly dead: readonly number[];
}

const final = new Set(["SENT", "DEAD", "RETRACTED"]);

/** Reads all rows and judges them by what Novu saw and the audit trigger recorded: the five invariants, of which I5 is each test's own. */
export async function judge(db: Pool, effects: readonly Effect[], rules: Rules = {}): Promise<Verdict> {
  const { rows } = await db.query<OracleRow>(
    `SELECT id, enterprise_id AS tenant, transaction_id AS transaction, status, attempts, max_attempts AS "maxAttempts", recipients,
       ARRAY(SELECT ordinal FROM notify.notification_recipient r WHERE r.notification_id = n.id AND r.status = 'DEAD') AS dead
     FROM notify.notification n`,
  );
  const verdict = verdictOf(rows, effects, rules);
  return { ...verdict, violations: [...verdict.violations, ...(await auditViolations(db))] };
}

/** The part of the judgement that needs no server. */
function verdictOf(rows: readonly OracleRow[], effects: readonly Effect[], rules: Rules): Verdict {
  const { idempotency = true, repliesLost = 0, drained = true } = rules;
  const acceptedOf = countByPair(effects);
  const pairs = rows.flatMap((row) => row.recipients.map((recipient, ordinal) => pairOf(row, recipient, ordinal)));
  const known = new Set(pairs.map(({ key }) => key));
  const lost = pairs.filter(({ key, sent }) => sent && !acceptedOf.has(key));
  const twice = [...acceptedOf].filter(([, count]) => count > 1);
  const duplicates = twice.reduce((sum, [, count]) => sum + count - 1, 0);
  const allowed = idempotency ? 0 : repliesLost;
  const unfinished = rows.filter(({ status }) => !final.has(status));
  const deliveredTwice = effects.filter(({ delivered }) => delivered > 1);
  const strangers = [...acceptedOf.keys()].filter((key) => !known.has(key));
  const tired = rows.filter(({ attempts, maxAttempts }) => attempts > maxAttempts);
  const first = (list: readonly unknown[]) => JSON.stringify(list[0]);
  return {
    inserted: rows.length,
    accepted: acceptedOf.size,
    duplicates,
    deadLetters: rows.filter(({ status }) => status === "DEAD").length,
    lost: lost.length,
    violations: [
      ...(drained && unfinished.length > 0
        ? [`I1: ${unfinished.length} rows are not finished, first ${first(unfinished)}`]
        : []),
      ...(lost.length > 0 ? [`I2: ${lost.length} lost, first ${first(lost)}`] : []),
      ...(duplicates > allowed ? [`I2: ${duplicates} duplicates, ${allowed} allowed, first ${first(twice)}`] : []),
      ...(deliveredTwice.length > 0 ? [`I2: ${deliveredTwice.length} delivered twice, ${first(deliveredTwice)}`] : []),
      ...(strangers.length > 0 ? [`I2: ${strangers.length} accepted that no row asks for, ${first(strangers)}`] : []),
      ...(tired.length > 0 ? [`I4: ${tired.length} rows beyond their attempts, first ${first(tired)}`] : []),
    ],
  };
}

const pairOf = (row: OracleRow, recipient: Recipient, ordinal: number) => ({
  key: `${row.tenant}:${row.transaction} ${nameOf(recipient)}`,
  sent: row.status === "SENT" && !row.dead.includes(ordinal),
});

function nameOf(recipient: Recipient): string {
  if (typeof recipient === "string") return recipient;
  return "topicKey" in recipient ? `topic:${String(recipient.topicKey)}` : String(recipient.subscriberId);
}

/** By notification and recipient, whatever the last part of the transaction id says: a pair sent under two ids is sent twice. */
function countByPair(effects: readonly Effect[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { transactionId, subscriberId, accepted } of effects) {
    const key = `${transactionId.slice(0, transactionId.lastIndexOf(":"))} ${subscriberId}`;
    counts.set(key, (counts.get(key) ?? 0) + accepted);
  }
  return counts;
}

/** @throws when an invariant is broken, with each of them. */
export function assertHeld({ violations }: Verdict): void {
  assert.equal(violations, [], violations.join("\n"));
}
