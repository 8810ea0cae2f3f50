-- PROCESSING -> PENDING, the attempt given back. $1 lease token, $2 ids (NULL: all of the claim).
-- The batch stays: whether a call of it reached Novu may be unknown.
UPDATE notify.notification
SET status = 'PENDING', attempts = greatest(attempts - 1, 0), lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
WHERE status = 'PROCESSING' AND lease_token = $1::uuid AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[]))
RETURNING id
