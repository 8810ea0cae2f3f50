-- PROCESSING -> PROCESSING under a new token. $1 lease token, $2 owner, $3 lease in ms, $4 limit.
-- The lease ran out: its worker is gone or stuck. The batch stays, and its other rows come along over the limit, so that the repeated call is the
-- same one under the same idempotency key.
WITH expired AS (
  SELECT id, batch_id FROM notify.notification
  WHERE status = 'PROCESSING' AND lease_until < now() AND attempts < max_attempts
  ORDER BY lease_until LIMIT $4
  FOR UPDATE SKIP LOCKED
), mates AS (
  SELECT n.id FROM notify.notification n
  WHERE n.status = 'PROCESSING' AND n.lease_until < now() AND n.attempts < n.max_attempts AND n.batch_id IN (SELECT batch_id FROM expired)
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET attempts = n.attempts + 1, lease_token = $1::uuid, lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond', updated_at = now()
WHERE n.id IN (SELECT id FROM expired UNION SELECT id FROM mates)
RETURNING n.id
