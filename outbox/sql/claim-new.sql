-- PENDING -> PROCESSING. Rows without a schedule. :token, :owner, :lease_ms of the claim, :limit rows, :after the tenant to start after,
-- :tenants_per_claim, :recipients_per_batch, :probe.
-- The tenants share a claim evenly; within a tenant notify.queue_position decides.
-- The rows' places (ctid) go through an array, so no statistics make the planner read the table; FOR UPDATE keeps the rows at their places. A row
-- that changed a moment before is not found there; its change woke the workers for the next claim.
-- Each tenant's rows are read from its head on: ahead of the head are index entries of claimed rows, until a vacuum removes them.
WITH RECURSIVE tenants AS (
  -- @include tenant-heads (self: tenants; queue: new; after: :after; columns: notify.queue_position(n.created_at, n.priority) AS position, n.id; order: notify.queue_position(n.created_at, n.priority), n.id)
), served AS MATERIALIZED (
  SELECT enterprise_id, position, id FROM tenants LIMIT least(:tenants_per_claim::int, :limit)
), due AS MATERIALIZED (
  SELECT d.place, d.id, d.touched, d.recipients FROM served CROSS JOIN LATERAL (
    SELECT n.ctid AS place, n.id, n.updated_at <> n.created_at AS touched, jsonb_array_length(n.recipients) AS recipients FROM notify.notification n
    WHERE n.queue = 'new' AND n.enterprise_id = served.enterprise_id
      AND (notify.queue_position(n.created_at, n.priority), n.id) >= (served.position, served.id)
    ORDER BY notify.queue_position(n.created_at, n.priority), n.id LIMIT ceil(:limit::numeric / (SELECT count(*) FROM served))
    FOR UPDATE SKIP LOCKED) AS d
  WHERE
    -- @include sending-allowed
), packed AS MATERIALIZED (
  SELECT place, touched,
    -- @include batch-number
  FROM due
)
UPDATE notify.notification n
-- The batch is named with the claim, so a retry repeats the same call.
SET status = 'PROCESSING', batch_id = coalesce(n.batch_id, md5(:token::text || ':' || d.batch)::uuid),
-- @include new-lease
FROM unnest(ARRAY(SELECT place FROM packed), ARRAY(SELECT touched FROM packed), ARRAY(SELECT batch FROM packed)) AS d (place, touched, batch)
WHERE n.ctid = d.place
-- @include claimed-row (touched: d.touched)
