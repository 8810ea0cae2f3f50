-- PROCESSING -> PENDING, the attempt given back. $1 owner: a worker that stops leaves nothing in its name.
UPDATE notify.notification
SET status = 'PENDING', attempts = greatest(attempts - 1, 0), lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
WHERE id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease WHERE owner = $1)) AND status = 'PROCESSING' AND lease_owner = $1
RETURNING id
