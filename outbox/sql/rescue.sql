-- PROCESSING -> PROCESSING under a new token. Rows whose lease ran out: their worker is gone or hangs. :token, :owner, :lease_ms of the claim,
-- :limit rows, :isolate_from attempts, :probe.
-- The batch stays, and its other rows are rescued with it, over the limit if need be: the repeated call is the same one under the same idempotency key.
-- Poison rows are left to rescue-isolated.sql.
WITH expired AS MATERIALIZED (
  SELECT id, batch_id FROM notify.notification WHERE
    -- @include expired-lease
    AND attempts < least(:isolate_from, max_attempts - 1) AND
    -- @include sending-allowed
  ORDER BY lease_until LIMIT :limit
  FOR UPDATE SKIP LOCKED
), batch_rows AS MATERIALIZED (
  SELECT id FROM notify.notification WHERE
    -- @include expired-lease
    AND attempts < least(:isolate_from, max_attempts - 1) AND batch_id = ANY (ARRAY(SELECT batch_id FROM expired))
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET
-- @include new-lease
WHERE n.id = ANY (ARRAY(SELECT id FROM expired UNION SELECT id FROM batch_rows))
-- @include claimed-row (touched: true)
