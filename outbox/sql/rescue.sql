-- PROCESSING -> PROCESSING under a new token. $1 lease token, $2 owner, $3 lease in ms, $4 limit, $5 attempts from which a row goes alone,
-- $6 for the probe.
-- The lease ran out: its worker is gone or stuck. The batch stays, and its other rows come along over the limit, so that the repeated call is the
-- same one under the same idempotency key. Rows that went through that more than once, or have one attempt left, may be what stops the workers:
-- rescue-isolated.sql has those. Nothing while the sending pause is closed, and after a trip of the circuit breaker nothing but what tries.
WITH expired AS MATERIALIZED (
  SELECT id, batch_id FROM notify.notification
  WHERE id = ANY ((SELECT notify.expired_ids())::bigint[]) AND status = 'PROCESSING' AND lease_until < now() AND attempts < least($5, max_attempts - 1)
    AND NOT EXISTS (SELECT FROM notify.sending_pause WHERE paused_until > now() OR (breaker_opens > 0 AND NOT $6::boolean))
  ORDER BY lease_until LIMIT $4
  FOR UPDATE SKIP LOCKED
), batchRows AS MATERIALIZED (
  SELECT n.id FROM notify.notification n
  WHERE n.id = ANY ((SELECT notify.expired_ids())::bigint[]) AND n.status = 'PROCESSING' AND n.lease_until < now() AND n.attempts < least($5, n.max_attempts - 1)
    AND n.batch_id = ANY (ARRAY(SELECT batch_id FROM expired))
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET attempts = n.attempts + 1, lease_token = $1::uuid, lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond', updated_at = now()
WHERE n.id = ANY (ARRAY(SELECT id FROM expired UNION SELECT id FROM batchRows))
RETURNING n.id, n.enterprise_id, n.workflow,
  CASE WHEN jsonb_array_length(n.recipients) = 1 THEN (n.recipients -> 0)::text END AS recipient,
  CASE WHEN jsonb_array_length(n.recipients) > 1 THEN ARRAY(SELECT r::text FROM jsonb_array_elements(n.recipients) WITH ORDINALITY AS e (r, i) ORDER BY i) END AS recipients,
  CASE WHEN n.channels IS NULL THEN n.payload ELSE n.payload || jsonb_build_object('channels', n.channels) END::text AS payload, n.overrides::text,
  n.transaction_id, n.attempts, n.max_attempts, n.batch_id,
  n.traceparent,
  date_part('epoch', now() - coalesce(n.scheduled_for, n.created_at)) * 1000 AS waited_ms,
  ARRAY(SELECT r.ordinal FROM notify.notification_recipient r WHERE r.notification_id = n.id ORDER BY r.ordinal) AS settled,
  EXISTS (SELECT FROM notify.notification_recipient r WHERE r.notification_id = n.id AND r.status = 'SENT') AS sent_before
