-- FAILED | PENDING -> PROCESSING. Rows whose next attempt is due. The parameters are those of claim-new.sql.
-- The tenants share a claim evenly; within a tenant the row that is due longest goes first.
-- A call without a known reply is repeated whole: the claim includes the other waiting rows of a batch, over the limit if need be, and also those
-- that a person retried meanwhile (PENDING).
WITH RECURSIVE tenants AS (
  -- @include tenant-heads (self: tenants; queue: failed; after: :after; columns: n.next_attempt_at; order: n.next_attempt_at)
), served AS MATERIALIZED (
  SELECT enterprise_id, next_attempt_at FROM tenants WHERE next_attempt_at <= now() LIMIT least(:tenants_per_claim::int, :limit)
), due AS MATERIALIZED (
  SELECT d.id, d.batch_id, d.recipients FROM served CROSS JOIN LATERAL (
    SELECT n.id, n.batch_id, jsonb_array_length(n.recipients) AS recipients FROM notify.notification n
    WHERE n.queue = 'failed' AND n.next_attempt_at <= now() AND n.enterprise_id = served.enterprise_id AND n.next_attempt_at >= served.next_attempt_at
    ORDER BY n.next_attempt_at, n.id LIMIT ceil(:limit::numeric / (SELECT count(*) FROM served))
    FOR UPDATE SKIP LOCKED) AS d
  WHERE
    -- @include sending-allowed
), batch_rows AS MATERIALIZED (
  -- @include waiting-batch-rows (columns: n.id, 0 AS recipients; batches: ARRAY(SELECT batch_id FROM due WHERE batch_id IS NOT NULL))
), packed AS MATERIALIZED (
  SELECT id,
    -- @include batch-number
  FROM (SELECT id, recipients FROM due UNION ALL SELECT id, recipients FROM batch_rows WHERE id NOT IN (SELECT id FROM due)) AS rows
)
UPDATE notify.notification n
SET status = 'PROCESSING', next_attempt_at = NULL, batch_id = coalesce(n.batch_id, md5(:token::text || ':' || d.batch)::uuid),
-- @include new-lease
FROM unnest(ARRAY(SELECT id FROM packed), ARRAY(SELECT batch FROM packed)) AS d (id, batch)
WHERE n.id = d.id
-- @include claimed-row (touched: true)
