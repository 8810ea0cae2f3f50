-- PROCESSING -> DEAD. $1 lease token, $2 ids, $3 errors.
UPDATE notify.notification n
SET status = 'DEAD', error = f.error, lease_token = NULL, lease_owner = NULL, lease_until = NULL, batch_id = NULL, updated_at = now()
FROM unnest($2::bigint[], $3::text[]) AS f (id, error)
WHERE n.id = f.id AND n.lease_token = $1::uuid
RETURNING n.id
