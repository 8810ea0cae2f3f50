-- PROCESSING -> PROCESSING under a new token. $1 lease token, $2 ids, $3 the new token, $4 the Temporal workflow that holds them from now on, $5 lease in ms.
UPDATE notify.notification
SET lease_token = $3::uuid, lease_owner = $4, lease_until = now() + $5 * interval '1 millisecond', updated_at = now()
WHERE id = ANY ($2::bigint[]) AND lease_token = $1::uuid
RETURNING id
