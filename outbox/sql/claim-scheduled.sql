-- PENDING -> PROCESSING. $1 lease token, $2 owner, $3 lease in ms, $4 limit, $5 tenant to start after, $6 for the probe. Rows whose scheduled time has come,
-- longest due first within a tenant; up to 16 tenants share a claim evenly. Nothing while the sending pause is closed, and after a trip of the circuit
-- breaker nothing but what tries.
WITH RECURSIVE tenants AS (
  (SELECT n.enterprise_id, n.scheduled_for FROM notify.notification n
   WHERE n.queue = 'scheduled' AND n.enterprise_id > $5 ORDER BY n.enterprise_id, n.scheduled_for LIMIT 1)
  UNION ALL
  SELECT next.enterprise_id, next.scheduled_for FROM tenants t CROSS JOIN LATERAL (
    SELECT n.enterprise_id, n.scheduled_for FROM notify.notification n
    WHERE n.queue = 'scheduled' AND n.enterprise_id > t.enterprise_id ORDER BY n.enterprise_id, n.scheduled_for LIMIT 1) AS next
), turn AS MATERIALIZED (
  SELECT enterprise_id, scheduled_for FROM tenants WHERE scheduled_for <= now() LIMIT least(16, $4)
), due AS MATERIALIZED (
  SELECT d.id, d.touched, d.recipients FROM turn CROSS JOIN LATERAL (
    SELECT n.id, n.updated_at <> n.created_at AS touched, jsonb_array_length(n.recipients) AS recipients FROM notify.notification n
    WHERE n.queue = 'scheduled' AND n.scheduled_for <= now() AND n.enterprise_id = turn.enterprise_id AND n.scheduled_for >= turn.scheduled_for
    ORDER BY n.scheduled_for, n.id LIMIT ceil($4::numeric / (SELECT count(*) FROM turn))
    FOR UPDATE SKIP LOCKED) AS d
  WHERE NOT EXISTS (SELECT FROM notify.sending_pause WHERE paused_until > now() OR (breaker_opens > 0 AND NOT $6::boolean))
), packed AS MATERIALIZED (
  -- Rows of about 100 recipients make a batch, so that what a retry leaves out of it cannot move the others into another call: see plan-calls.ts.
  SELECT id, touched, (sum(recipients) OVER (ORDER BY id) - 1) / 100 AS batch FROM due
)
UPDATE notify.notification n
SET status = 'PROCESSING', attempts = n.attempts + 1, lease_token = $1::uuid, lease_owner = $2, updated_at = now(),
    lease_until = now() + $3 * interval '1 millisecond', batch_id = coalesce(n.batch_id, md5($1::text || ':' || d.batch)::uuid)
FROM unnest(ARRAY(SELECT id FROM packed), ARRAY(SELECT touched FROM packed), ARRAY(SELECT batch FROM packed)) AS d (id, touched, batch)
WHERE n.id = d.id
RETURNING n.id, n.enterprise_id, n.workflow,
  CASE WHEN jsonb_array_length(n.recipients) = 1 THEN (n.recipients -> 0)::text END AS recipient,
  CASE WHEN jsonb_array_length(n.recipients) > 1 THEN ARRAY(SELECT r::text FROM jsonb_array_elements(n.recipients) WITH ORDINALITY AS e (r, i) ORDER BY i) END AS recipients,
  CASE WHEN n.channels IS NULL THEN n.payload ELSE n.payload || jsonb_build_object('channels', n.channels) END::text AS payload, n.overrides::text,
  n.transaction_id, n.attempts, n.max_attempts, n.batch_id,
  n.traceparent,
  date_part('epoch', now() - coalesce(n.scheduled_for, n.created_at)) * 1000 AS waited_ms,
  -- A row that nobody has worked on has no recipients with an outcome.
  CASE WHEN d.touched THEN ARRAY(SELECT r.ordinal FROM notify.notification_recipient r WHERE r.notification_id = n.id ORDER BY r.ordinal) END AS settled,
  d.touched AND EXISTS (SELECT FROM notify.notification_recipient r WHERE r.notification_id = n.id AND r.status = 'SENT') AS sent_before
