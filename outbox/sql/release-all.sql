-- PROCESSING -> PENDING, the attempt given back. $1 owner: a worker that stops leaves nothing in its name.
-- Any lease lies after -infinity: said so that the index of the leases serves, whatever the statistics say.
UPDATE notify.notification
SET status = 'PENDING', attempts = greatest(attempts - 1, 0), lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
WHERE status = 'PROCESSING' AND lease_until > '-infinity' AND lease_owner = $1
RETURNING id
