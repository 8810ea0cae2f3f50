-- PENDING -> PROCESSING. $1 lease token, $2 owner, $3 lease in ms, $4 limit. Rows without a schedule, highest priority first.
WITH due AS (
  SELECT id FROM notify.notification
  WHERE status = 'PENDING' AND scheduled_for IS NULL
  ORDER BY priority DESC, id LIMIT $4
  FOR UPDATE SKIP LOCKED
), packed AS (
  -- Rows of about 100 recipients make one bulk call; the batch is named here so that a retry of it repeats the same call.
  SELECT n.id, md5($1::text || ':' || (sum(jsonb_array_length(n.recipients)) OVER (ORDER BY n.id) - 1) / 100)::uuid AS batch_id
  FROM notify.notification n JOIN due USING (id)
)
UPDATE notify.notification n
SET status = 'PROCESSING', attempts = n.attempts + 1, lease_token = $1::uuid, lease_owner = $2,
    lease_until = now() + $3 * interval '1 millisecond', batch_id = coalesce(n.batch_id, packed.batch_id), updated_at = now()
FROM packed WHERE n.id = packed.id
RETURNING n.id
