-- PROCESSING -> FAILED. :token of the claim, :ids, :errors, :retry_ms until the next attempt, :keep_batch where the reply is unknown,
-- :batches to keep (NULL: the row's own).
UPDATE notify.notification n
SET status = 'FAILED', error = f.error, next_attempt_at = now() + f.retry_ms * interval '1 millisecond',
    batch_id = CASE WHEN f.keep_batch THEN coalesce(f.batch, n.batch_id) END,
-- @include no-lease
FROM unnest(:ids::bigint[], :errors::text[], :retry_ms::bigint[], :keep_batch::boolean[], :batches::uuid[]) AS f (id, error, retry_ms, keep_batch, batch)
WHERE n.id = f.id AND n.lease_token = :token::uuid
RETURNING n.id
