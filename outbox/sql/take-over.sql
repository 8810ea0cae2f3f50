-- PROCESSING -> PROCESSING under a new token. $1 lease token, $2 owner, $3 lease in ms, $4 limit.
-- The lease ran out: its worker is gone or stuck. The batch stays, so the repeated call carries the same idempotency key.
WITH expired AS (
  SELECT id FROM notify.notification
  WHERE status = 'PROCESSING' AND lease_until < now() AND attempts < max_attempts
  ORDER BY lease_until LIMIT $4
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET attempts = n.attempts + 1, lease_token = $1::uuid, lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond', updated_at = now()
FROM expired WHERE n.id = expired.id
RETURNING n.id
