-- PROCESSING -> DEAD. $1 limit. The lease ran out on the last attempt: the row stops its workers, or they keep dying.
-- The batch stays: whether its call reached Novu is unknown.
WITH expired AS MATERIALIZED (
  SELECT id FROM notify.notification
  WHERE id = ANY ((SELECT notify.expired_ids())::bigint[]) AND status = 'PROCESSING' AND lease_until < now() AND attempts >= max_attempts
  ORDER BY lease_until LIMIT $1
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET status = 'DEAD', lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now(),
    error = 'the worker ' || n.lease_owner || ' went silent while it delivered this, on attempt ' || n.attempts || ' of ' || n.max_attempts
WHERE n.id = ANY (ARRAY(SELECT id FROM expired))
RETURNING n.id
