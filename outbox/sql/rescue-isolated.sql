-- PROCESSING -> PROCESSING under a new token. $1 lease token, $2 owner, $3 lease in ms, $4 attempts from which a row goes alone, $5 for the probe.
-- One row whose workers went silent more than once, in a call of its own: the one that stops them is found, and the others are sent. The last attempt
-- is always such a one, however few there are: no row runs out of them for what stood beside it.
-- Nothing while the sending pause is closed, and after a trip of the circuit breaker nothing but what tries.
WITH poisonRow AS MATERIALIZED (
  SELECT id FROM notify.notification
  WHERE id = ANY ((SELECT notify.expired_ids())::bigint[]) AND status = 'PROCESSING' AND lease_until < now() AND attempts >= least($4, max_attempts - 1) AND attempts < max_attempts
    AND NOT EXISTS (SELECT FROM notify.sending_pause WHERE paused_until > now() OR (breaker_opens > 0 AND NOT $5::boolean))
  ORDER BY lease_until LIMIT 1
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET attempts = n.attempts + 1, lease_token = $1::uuid, lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond', updated_at = now(),
    batch_id = md5(n.id::text || ':' || n.batch_id)::uuid
WHERE n.id = ANY (ARRAY(SELECT id FROM poisonRow))
RETURNING n.id, n.enterprise_id, n.workflow,
  CASE WHEN jsonb_array_length(n.recipients) = 1 THEN (n.recipients -> 0)::text END AS recipient,
  CASE WHEN jsonb_array_length(n.recipients) > 1 THEN ARRAY(SELECT r::text FROM jsonb_array_elements(n.recipients) WITH ORDINALITY AS e (r, i) ORDER BY i) END AS recipients,
  CASE WHEN n.channels IS NULL THEN n.payload ELSE n.payload || jsonb_build_object('channels', n.channels) END::text AS payload, n.overrides::text,
  n.transaction_id, n.attempts, n.max_attempts, n.batch_id,
  n.traceparent,
  date_part('epoch', now() - coalesce(n.scheduled_for, n.created_at)) * 1000 AS waited_ms,
  ARRAY(SELECT r.ordinal FROM notify.notification_recipient r WHERE r.notification_id = n.id ORDER BY r.ordinal) AS settled,
  EXISTS (SELECT FROM notify.notification_recipient r WHERE r.notification_id = n.id AND r.status = 'SENT') AS sent_before
