-- PROCESSING -> SENT, for the rows that the claim still holds. :token, :ids.
UPDATE notify.notification
SET status = 'SENT', sent_at = now(), error = NULL,
-- @include no-lease
WHERE id = ANY (:ids::bigint[]) AND lease_token = :token::uuid
