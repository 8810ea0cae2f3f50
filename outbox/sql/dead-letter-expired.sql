-- PROCESSING -> DEAD. Rows whose lease ran out on their last attempt. :limit rows.
-- The batch stays: whether its call reached Novu is unknown.
WITH expired AS MATERIALIZED (
  SELECT id FROM notify.notification WHERE
    -- @include expired-lease
    AND attempts >= max_attempts
  ORDER BY lease_until LIMIT :limit
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET status = 'DEAD',
    error = 'the worker ' || n.lease_owner || ' stopped responding while it delivered this, on attempt ' || n.attempts || ' of ' || n.max_attempts,
-- @include no-lease
WHERE n.id = ANY (ARRAY(SELECT id FROM expired))
RETURNING n.id
