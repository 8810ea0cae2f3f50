-- PROCESSING -> FAILED. $1 lease token, $2 ids, $3 errors, $4 ms until the next attempt, $5 keep the batch (its reply is unknown),
-- $6 the batch to keep (NULL: the row's own).
UPDATE notify.notification n
SET status = 'FAILED', error = f.error, next_attempt_at = now() + f.retry_ms * interval '1 millisecond',
    batch_id = CASE WHEN f.keep_batch THEN coalesce(f.batch, n.batch_id) END,
    lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::boolean[], $6::uuid[]) AS f (id, error, retry_ms, keep_batch, batch)
WHERE n.id = f.id AND n.lease_token = $1::uuid
RETURNING n.id
