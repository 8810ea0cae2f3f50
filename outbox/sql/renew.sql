-- PROCESSING, held on. $1 lease token, $2 ids, $3 lease in ms.
-- Here and in the other writes of a worker the token alone says PROCESSING (notification_lease_while_processing): named beside it, the status leads a
-- planner that knows of no such rows to read all leases instead of the ids.
UPDATE notify.notification
SET lease_until = now() + $3 * interval '1 millisecond'
WHERE id = ANY ($2::bigint[]) AND lease_token = $1::uuid
