-- PENDING | FAILED -> PROCESSING. $1 lease token, $2 owner, $3 lease in ms, $4 batch ids. What waits of the batches of rows that were just claimed, before
-- its time if need be: a row that was given back or sent again by a person may be of a call whose reply is unknown, and that call is repeated whole.
-- A fresh row has no batch: only claims that met other rows ask, and the claim of new rows pays nothing for it.
WITH batchRows AS MATERIALIZED (
  SELECT n.id FROM notify.notification n
  WHERE n.queue IN ('new', 'scheduled', 'failed') AND n.batch_id IS NOT NULL AND n.batch_id = ANY ($4::uuid[]) AND coalesce(n.scheduled_for <= now(), true)
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET status = 'PROCESSING', attempts = n.attempts + 1, next_attempt_at = NULL, lease_token = $1::uuid, lease_owner = $2, updated_at = now(),
    lease_until = now() + $3 * interval '1 millisecond'
WHERE n.id = ANY (ARRAY(SELECT id FROM batchRows))
RETURNING n.id, n.enterprise_id, n.workflow,
  CASE WHEN jsonb_array_length(n.recipients) = 1 THEN (n.recipients -> 0)::text END AS recipient,
  CASE WHEN jsonb_array_length(n.recipients) > 1 THEN ARRAY(SELECT r::text FROM jsonb_array_elements(n.recipients) WITH ORDINALITY AS e (r, i) ORDER BY i) END AS recipients,
  CASE WHEN n.channels IS NULL THEN n.payload ELSE n.payload || jsonb_build_object('channels', n.channels) END::text AS payload, n.overrides::text,
  n.transaction_id, n.attempts, n.max_attempts, n.batch_id,
  n.traceparent,
  date_part('epoch', now() - coalesce(n.scheduled_for, n.created_at)) * 1000 AS waited_ms,
  ARRAY(SELECT r.ordinal FROM notify.notification_recipient r WHERE r.notification_id = n.id ORDER BY r.ordinal) AS settled,
  EXISTS (SELECT FROM notify.notification_recipient r WHERE r.notification_id = n.id AND r.status = 'SENT') AS sent_before
