-- PROCESSING -> SENT. $1 lease token, $2 ids.
UPDATE notify.notification
SET status = 'SENT', sent_at = now(), error = NULL, lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
WHERE id = ANY ($2::bigint[]) AND lease_token = $1::uuid
