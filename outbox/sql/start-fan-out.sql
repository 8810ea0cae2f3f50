-- PROCESSING -> PROCESSING under a new token. A fan-out workflow delivers the rows from now on. :token of the claim, :ids, :next_token,
-- :workflow_id, :lease_ms.
UPDATE notify.notification
SET lease_token = :next_token::uuid, lease_owner = :workflow_id, lease_until = now() + :lease_ms * interval '1 millisecond', updated_at = now()
WHERE id = ANY (:ids::bigint[]) AND lease_token = :token::uuid
RETURNING id
