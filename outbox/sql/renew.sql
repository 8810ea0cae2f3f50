-- PROCESSING, held on. $1 lease token, $2 ids, $3 lease in ms.
UPDATE notify.notification
SET lease_until = now() + $3 * interval '1 millisecond'
WHERE id = ANY ($2::bigint[]) AND status = 'PROCESSING' AND lease_token = $1::uuid
