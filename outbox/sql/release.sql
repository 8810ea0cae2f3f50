-- PROCESSING -> PENDING. :token of the claim, :ids.
-- @include mark-released
WHERE id = ANY (:ids::bigint[]) AND lease_token = :token::uuid
RETURNING id
