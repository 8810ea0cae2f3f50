-- PROCESSING, lease renewed. The rows that a fan-out workflow delivers, as they stand now. :token and :lease_ms of the claim, :again whether another
-- worker ran the workflow before and stopped responding, :isolate_from attempts.
-- Temporal gives the workflow to another worker within seconds. That counts as an attempt, as in rescue.sql; poison rows are left out and wait for
-- their lease to run out.
UPDATE notify.notification n
SET lease_until = now() + :lease_ms * interval '1 millisecond', attempts = n.attempts + CASE WHEN :again::boolean THEN 1 ELSE 0 END
WHERE n.id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease WHERE token = :token::uuid)) AND n.lease_token = :token::uuid
  AND (NOT :again::boolean OR n.attempts < least(:isolate_from::int, n.max_attempts - 1))
-- @include claimed-row (touched: true)
