-- PROCESSING, held on. $1 lease token, $2 lease in ms, $3 whoever had them before went silent, $4 attempts from which a row goes alone.
-- The rows that a Temporal workflow of their own delivers, as they stand now. Temporal gives them to another worker within seconds: an attempt as in
-- rescue.sql, and what is not taken over together there is left here until its lease runs out.
UPDATE notify.notification n
SET lease_until = now() + $2 * interval '1 millisecond', attempts = n.attempts + CASE WHEN $3::boolean THEN 1 ELSE 0 END
WHERE n.id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease WHERE token = $1::uuid)) AND n.lease_token = $1::uuid
  AND (NOT $3::boolean OR n.attempts < least($4::int, n.max_attempts - 1))
RETURNING n.id, n.enterprise_id, n.workflow,
  CASE WHEN jsonb_array_length(n.recipients) = 1 THEN (n.recipients -> 0)::text END AS recipient,
  CASE WHEN jsonb_array_length(n.recipients) > 1 THEN ARRAY(SELECT r::text FROM jsonb_array_elements(n.recipients) WITH ORDINALITY AS e (r, i) ORDER BY i) END AS recipients,
  CASE WHEN n.channels IS NULL THEN n.payload ELSE n.payload || jsonb_build_object('channels', n.channels) END::text AS payload, n.overrides::text,
  n.transaction_id, n.attempts, n.max_attempts, n.batch_id,
  n.traceparent,
  date_part('epoch', now() - coalesce(n.scheduled_for, n.created_at)) * 1000 AS waited_ms,
  ARRAY(SELECT r.ordinal FROM notify.notification_recipient r WHERE r.notification_id = n.id ORDER BY r.ordinal) AS settled,
  EXISTS (SELECT FROM notify.notification_recipient r WHERE r.notification_id = n.id AND r.status = 'SENT') AS sent_before
