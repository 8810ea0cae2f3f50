import { mutantsOf } from "./mutant.ts";

const claims = ["outbox/claims.test.ts"];
const rescue = ["outbox/rescue.test.ts"];

const pause = ["outbox/sending-pause.test.ts"];

/** Which rows a worker gets, and how it takes over what another one left. */
export const claimMutants = [
  ...mutantsOf("claim", "outbox/sql/claim-new.sql", claims, {
    "waits for rows that another claim holds": { find: "FOR UPDATE SKIP LOCKED", replace: "FOR UPDATE" },
    "gives a row that has a batch another one": {
      find: "coalesce(n.batch_id, md5(:token::text || ':' || d.batch)::uuid)",
      replace: "md5(:token::text || ':' || d.batch)::uuid",
    },
  }),
  ...mutantsOf("claim", "outbox/sql/parts/new-lease.sql", claims, {
    "does not count the attempt": { find: "attempts = n.attempts + 1", replace: "attempts = n.attempts" },
  }),
  ...mutantsOf("claim", "outbox/sql/parts/batch-number.sql", claims, {
    "packs more recipients into a batch than a call holds": {
      find: "/ :recipients_per_batch::int AS",
      replace: "/ (:recipients_per_batch::int * 10) AS",
    },
  }),
  ...mutantsOf("claim", "outbox/sql/claim-new.sql", ["outbox/fairness.test.ts"], {
    "serves one tenant only": {
      find: "LIMIT least(:tenants_per_claim::int, :limit)",
      replace: "LIMIT least(:tenants_per_claim::int, 1)",
    },
  }),
  ...mutantsOf("claim", "outbox/sql/parts/sending-allowed.sql", pause, {
    "ignores the sending pause": { find: "paused_until > now() OR ", replace: "" },
    "ignores the open circuit breaker": { find: "(breaker_opens > 0 AND NOT", replace: "(breaker_opens < 0 AND NOT" },
  }),
  ...mutantsOf("claim", "outbox/sql/claim-failed.sql", claims, {
    "takes failed rows before they are due": {
      find: "n.queue = 'failed' AND n.next_attempt_at <= now() AND",
      replace: "n.queue = 'failed' AND",
    },
    "leaves the other rows of a batch behind": {
      find: "WHERE id NOT IN (SELECT id FROM due)",
      replace: "WHERE false",
      survives: "claim-batch-rows.sql, which runs next, claims the same rows",
    },
  }),
  ...mutantsOf("claim", "outbox/sql/claim-scheduled.sql", claims, {
    "takes scheduled rows before their time": { find: "AND n.scheduled_for <= now() AND", replace: "AND" },
  }),
  ...mutantsOf("claim", "outbox/sql/parts/waiting-batch-rows.sql", claims, {
    "waits for a row of the batch that somebody locked": { find: "FOR UPDATE SKIP LOCKED", replace: "FOR UPDATE" },
    "takes rows of the batch before their schedule": {
      find: "AND coalesce(n.scheduled_for <= now(), true)",
      replace: "",
    },
  }),
  ...mutantsOf("rescue", "outbox/sql/rescue.sql", rescue, {
    "takes poison rows along": {
      find: "AND attempts < least(:isolate_from, max_attempts - 1) AND\n    -- @include sending-allowed",
      replace: "AND\n    -- @include sending-allowed",
    },
  }),
  ...mutantsOf("rescue", "outbox/sql/parts/expired-lease.sql", rescue, {
    "takes over leases that hold": { find: " AND lease_until < now()", replace: "" },
  }),
  ...mutantsOf("rescue", "outbox/sql/rescue-isolated.sql", rescue, {
    "isolates several rows at once": { find: "ORDER BY lease_until LIMIT 1", replace: "ORDER BY lease_until LIMIT 10" },
  }),
  ...mutantsOf("rescue", "outbox/sql/parts/poison-row.sql", rescue, {
    "isolates no row with one attempt left": {
      find: "least(:isolate_from, max_attempts - 1)",
      replace: ":isolate_from",
    },
  }),
  ...mutantsOf("rescue", "outbox/sql/dead-letter-expired.sql", rescue, {
    "never gives a row up": { find: "AND attempts >= max_attempts", replace: "AND attempts > max_attempts" },
  }),
  ...mutantsOf("rescue", "outbox/sql/expire-leases.sql", rescue, {
    "leaves the leases of a dead worker": { find: "now() - interval '1 microsecond'", replace: "lease_until" },
  }),
  ...mutantsOf("breaker", "outbox/sql/breaker-open.sql", pause, {
    "the pause does not double": { find: ":base_ms::float8 * 2 ^ breaker_opens", replace: ":base_ms::float8" },
    "several failures at once count as several": {
      find: "CASE WHEN paused_until > now() THEN breaker_opens ELSE least(breaker_opens + 1, 30) END",
      replace: "least(breaker_opens + 1, 30)",
    },
  }),
  ...mutantsOf("breaker", "outbox/sql/breaker-probe-free.sql", pause, {
    "two workers probe at once": { find: " AND coalesce(probe_until <= now(), true)", replace: "" },
  }),
  ...mutantsOf("pause", "outbox/sql/pause-start.sql", pause, {
    "a shorter pause ends a longer one": {
      find: "greatest(paused_until, now() + ",
      replace: "greatest(NULL, now() + ",
    },
    "a late 429 hides that a person must act": {
      find: ":needs_person OR (needs_person AND paused_until > now())",
      replace: ":needs_person",
    },
  }),
];
