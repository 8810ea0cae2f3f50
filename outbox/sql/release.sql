-- PROCESSING -> PENDING, the attempt given back. $1 lease token, $2 ids.
-- The batch stays: whether a call of it reached Novu may be unknown.
UPDATE notify.notification
SET status = 'PENDING', attempts = greatest(attempts - 1, 0), lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
WHERE id = ANY ($2::bigint[]) AND lease_token = $1::uuid
RETURNING id
