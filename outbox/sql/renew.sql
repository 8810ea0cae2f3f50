-- PROCESSING, lease renewed. :token of the claim, :ids, :lease_ms.
-- Here and in a worker's other writes the token alone implies PROCESSING (notification_lease_while_processing). With the status beside it, a planner
-- whose statistics know no such rows would read all leases instead of the ids.
UPDATE notify.notification
SET lease_until = now() + :lease_ms * interval '1 millisecond'
WHERE id = ANY (:ids::bigint[]) AND lease_token = :token::uuid
