-- PROCESSING -> FAILED. $1 lease token, $2 ids, $3 errors, $4 ms until the next attempt, $5 keep the batch (its reply is unknown).
UPDATE notify.notification n
SET status = 'FAILED', error = f.error, next_attempt_at = now() + f.retry_ms * interval '1 millisecond',
    batch_id = CASE WHEN f.keep_batch THEN n.batch_id END,
    lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::boolean[]) AS f (id, error, retry_ms, keep_batch)
WHERE n.id = f.id AND n.lease_token = $1::uuid
RETURNING n.id
