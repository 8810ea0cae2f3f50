-- PROCESSING -> DEAD. :token of the claim, :ids, :errors, :keep_batch where the reply is unknown, :batches to keep (NULL: the row's own).
UPDATE notify.notification n
SET status = 'DEAD', error = f.error, batch_id = CASE WHEN f.keep_batch THEN coalesce(f.batch, n.batch_id) END,
-- @include no-lease
FROM unnest(:ids::bigint[], :errors::text[], :keep_batch::boolean[], :batches::uuid[]) AS f (id, error, keep_batch, batch)
WHERE n.id = f.id AND n.lease_token = :token::uuid
RETURNING n.id
