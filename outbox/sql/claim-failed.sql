-- FAILED -> PROCESSING. $1 lease token, $2 owner, $3 lease in ms, $4 limit. Rows due again, longest due first.
-- A call whose reply is unknown is repeated whole: the other rows of its batch come along, over the limit if need be.
WITH due AS (
  SELECT id, batch_id FROM notify.notification
  WHERE status = 'FAILED' AND next_attempt_at <= now()
  ORDER BY next_attempt_at, id LIMIT $4
  FOR UPDATE SKIP LOCKED
), mates AS (
  SELECT n.id FROM notify.notification n
  WHERE n.status = 'FAILED' AND n.batch_id IN (SELECT batch_id FROM due WHERE batch_id IS NOT NULL)
  FOR UPDATE SKIP LOCKED
), packed AS (
  SELECT n.id, md5($1::text || ':' || (sum(jsonb_array_length(n.recipients)) OVER (ORDER BY n.id) - 1) / 100)::uuid AS batch_id
  FROM notify.notification n WHERE n.id IN (SELECT id FROM due UNION SELECT id FROM mates)
)
UPDATE notify.notification n
SET status = 'PROCESSING', attempts = n.attempts + 1, next_attempt_at = NULL, lease_token = $1::uuid, lease_owner = $2,
    lease_until = now() + $3 * interval '1 millisecond', batch_id = coalesce(n.batch_id, packed.batch_id), updated_at = now()
FROM packed WHERE n.id = packed.id
RETURNING n.id
