-- PROCESSING -> PROCESSING under a new token. One poison row, in a call of its own. :token, :owner, :lease_ms of the claim, :isolate_from attempts, :probe.
-- The row that crashes its workers is found this way, and the others are sent. A row's last attempt is always isolated, however few attempts it has:
-- no row uses them up because of another row in its batch.
WITH poison_row AS MATERIALIZED (
  SELECT id FROM notify.notification WHERE
    -- @include expired-lease
    AND
    -- @include poison-row
    AND
    -- @include sending-allowed
  ORDER BY lease_until LIMIT 1
  FOR UPDATE SKIP LOCKED
)
UPDATE notify.notification n
SET batch_id = md5(n.id::text || ':' || n.batch_id)::uuid,
-- @include new-lease
WHERE n.id = ANY (ARRAY(SELECT id FROM poison_row))
-- @include claimed-row (touched: true)
