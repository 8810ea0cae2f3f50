import { mutantsOf } from "./mutant.ts";

const delivery = ["outbox/delivery.test.ts"];
const fenced = { find: " AND lease_token = :token::uuid", replace: " AND :token::uuid IS NOT NULL" };
const fencedRow = { find: " AND n.lease_token = :token::uuid", replace: " AND :token::uuid IS NOT NULL" };

/** What a worker writes about its rows, and what the database refuses. */
export const settleMutants = [
  ...mutantsOf("fencing", "outbox/sql/parts/mark-sent.sql", delivery, { "SENT without the token": fenced }),
  ...mutantsOf("fencing", "outbox/sql/mark-failed.sql", delivery, { "FAILED without the token": fencedRow }),
  ...mutantsOf("fencing", "outbox/sql/mark-dead.sql", delivery, { "DEAD without the token": fencedRow }),
  ...mutantsOf("fencing", "outbox/sql/record-recipients.sql", delivery, { "recipients without the token": fencedRow }),
  ...mutantsOf("fencing", "outbox/sql/renew.sql", delivery, { "a lease renewed without the token": fenced }),
  ...mutantsOf("fencing", "outbox/sql/release.sql", ["outbox/claims.test.ts", ...delivery], {
    "a release without the token": fenced,
  }),
  ...mutantsOf("release", "outbox/sql/parts/mark-released.sql", ["outbox/claims.test.ts", "outbox/rescue.test.ts"], {
    "spends the attempt": { find: "attempts = greatest(attempts - 1, 0)", replace: "attempts = attempts" },
  }),
  ...mutantsOf("settle", "outbox/sql/mark-failed.sql", delivery, {
    "a failed row loses its batch": {
      find: "batch_id = CASE WHEN f.keep_batch THEN coalesce(f.batch, n.batch_id) END",
      replace: "batch_id = NULL",
    },
  }),
  ...mutantsOf("settle", "outbox/rows.ts", delivery, {
    "a text with U+0000 is not made storable": { find: 'text.replaceAll("\\0", "")', replace: "text" },
  }),
  ...mutantsOf("settle", "worker/delivery/settle-rows.ts", ["worker/delivery/calls.test.ts"], {
    "one attempt too many": { find: "row.attempts >= row.maxAttempts", replace: "row.attempts > row.maxAttempts" },
    "Retry-After is ignored": { find: "Math.max(waitMs, failed.retryInMs ?? 0)", replace: "waitMs" },
    "sent to some recipients counts as dead": { find: "row.sentBefore || ", replace: "" },
    "rows of a batch wait for different times": {
      find: "const retryInMs = ",
      replace: "const retryInMs = row.attempts + ",
    },
  }),
  ...mutantsOf("settle", "worker/delivery/settler.ts", ["worker/delivery/deliver.test.ts"], {
    "the outcome is dropped while Postgres is away": {
      find: "isTransient(error) && !signal.aborted",
      replace: "isTransient(error) && signal.aborted",
    },
  }),
  ...mutantsOf("state", "migrations/20261101000001000_recipient_and_event.sql", ["outbox/states.test.ts"], {
    "SENT may become PENDING again": {
      find: "WHEN 'SENT'       THEN to_status IN ('RETRACTED')",
      replace: "WHEN 'SENT'       THEN to_status IN ('RETRACTED', 'PENDING')",
    },
    "a dead letter cannot be retried": {
      find: "WHEN 'DEAD'       THEN to_status IN ('PENDING', 'RETRACTED')",
      replace: "WHEN 'DEAD'       THEN to_status IN ('RETRACTED')",
    },
  }),
  ...mutantsOf("operator", "outbox/sql/retry.sql", ["outbox/operator.test.ts"], {
    "a retry reaches another tenant's rows": {
      find: "IS NULL OR enterprise_id = :enterprise_id)",
      replace: "IS NULL OR true)",
    },
  }),
  ...mutantsOf("retention", "outbox/sql/retention-delete.sql", ["outbox/retention.test.ts"], {
    "rows that wait are deleted on request": {
      find: " AND n.status IN ('SENT', 'RETRACTED', 'DEAD')",
      replace: "",
    },
    "the age counts from the insert": {
      find: "CASE n.status WHEN 'SENT' THEN n.sent_at ELSE n.updated_at END",
      replace: "n.created_at",
    },
  }),
  ...mutantsOf("retention", "outbox/retention.ts", ["outbox/retention.test.ts"], {
    "a range that is too slow ends the run": { find: 'return "too slow";', replace: "throw error;" },
  }),
  ...mutantsOf("listener", "outbox/listener.ts", ["outbox/listener.test.ts"], {
    "a notification wakes nobody": { find: "if (what !== undefined) onWake(what);", replace: "" },
  }),
  ...mutantsOf("listener", "outbox/listener.ts", ["outbox/rescue.test.ts", "outbox/listener.test.ts"], {
    "a worker that lives holds no lock": { find: "if (lock !== undefined) await", replace: "if (lock === null) await" },
  }),
];
