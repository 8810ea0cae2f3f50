-- PROCESSING, lease ended. All rows that :owner holds, a worker that is known to be gone: the rescue loop takes them over at once.
UPDATE notify.notification
SET lease_until = now() - interval '1 microsecond'
WHERE id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease WHERE owner = :owner)) AND status = 'PROCESSING' AND lease_until > now() AND lease_owner = :owner
