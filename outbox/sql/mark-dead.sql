-- PROCESSING -> DEAD. $1 lease token, $2 ids, $3 errors, $4 keep the batch (its reply is unknown), $5 the batch to keep (NULL: the row's own).
UPDATE notify.notification n
SET status = 'DEAD', error = f.error, lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now(),
    batch_id = CASE WHEN f.keep_batch THEN coalesce(f.batch, n.batch_id) END
FROM unnest($2::bigint[], $3::text[], $4::boolean[], $5::uuid[]) AS f (id, error, keep_batch, batch)
WHERE n.id = f.id AND n.lease_token = $1::uuid
RETURNING n.id
