-- PROCESSING -> PENDING. The attempt does not count. The batch stays: a call of it may have reached Novu.
UPDATE notify.notification
SET status = 'PENDING', attempts = greatest(attempts - 1, 0),
-- @include no-lease
