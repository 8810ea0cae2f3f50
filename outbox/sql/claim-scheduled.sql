-- PENDING -> PROCESSING. Rows whose scheduled time has come. The parameters are those of claim-new.sql.
-- The tenants share a claim evenly; within a tenant the row that is due longest goes first.
WITH RECURSIVE tenants AS (
  -- @include tenant-heads (self: tenants; queue: scheduled; after: :after; columns: n.scheduled_for; order: n.scheduled_for)
), served AS MATERIALIZED (
  SELECT enterprise_id, scheduled_for FROM tenants WHERE scheduled_for <= now() LIMIT least(:tenants_per_claim::int, :limit)
), due AS MATERIALIZED (
  SELECT d.id, d.touched, d.recipients FROM served CROSS JOIN LATERAL (
    SELECT n.id, n.updated_at <> n.created_at AS touched, jsonb_array_length(n.recipients) AS recipients FROM notify.notification n
    WHERE n.queue = 'scheduled' AND n.scheduled_for <= now() AND n.enterprise_id = served.enterprise_id AND n.scheduled_for >= served.scheduled_for
    ORDER BY n.scheduled_for, n.id LIMIT ceil(:limit::numeric / (SELECT count(*) FROM served))
    FOR UPDATE SKIP LOCKED) AS d
  WHERE
    -- @include sending-allowed
), packed AS MATERIALIZED (
  SELECT id, touched,
    -- @include batch-number
  FROM due
)
UPDATE notify.notification n
SET status = 'PROCESSING', batch_id = coalesce(n.batch_id, md5(:token::text || ':' || d.batch)::uuid),
-- @include new-lease
FROM unnest(ARRAY(SELECT id FROM packed), ARRAY(SELECT touched FROM packed), ARRAY(SELECT batch FROM packed)) AS d (id, touched, batch)
WHERE n.id = d.id
-- @include claimed-row (touched: d.touched)
