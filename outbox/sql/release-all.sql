-- PROCESSING -> PENDING. All rows that :owner holds: the last write of a worker that stops.
-- @include mark-released
WHERE id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease WHERE owner = :owner)) AND status = 'PROCESSING' AND lease_owner = :owner
RETURNING id
