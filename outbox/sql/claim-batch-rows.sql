-- PENDING | FAILED -> PROCESSING. The other waiting rows of the batches of rows that were just claimed, before their next attempt is due if need be.
-- :token, :owner, :lease_ms of the claim, :batches.
-- A row that was released, or that a person retried, may belong to a call without a known reply; that call is repeated whole. A fresh row has no
-- batch, so a claim of fresh rows does not run this.
WITH batch_rows AS MATERIALIZED (
  -- @include waiting-batch-rows (columns: n.id; batches: :batches::uuid[])
)
UPDATE notify.notification n
SET status = 'PROCESSING', next_attempt_at = NULL,
-- @include new-lease
WHERE n.id = ANY (ARRAY(SELECT id FROM batch_rows))
-- @include claimed-row (touched: true)
