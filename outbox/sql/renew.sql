-- PROCESSING, held on. $1 lease token, $2 lease in ms.
UPDATE notify.notification
SET lease_until = now() + $2 * interval '1 millisecond'
WHERE status = 'PROCESSING' AND lease_token = $1::uuid
