-- PROCESSING, no longer held. $1 owner that is known to be gone: the next rescue takes its rows over without waiting for the leases to run out.
UPDATE notify.notification
SET lease_until = now() - interval '1 microsecond'
WHERE id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease WHERE owner = $1)) AND status = 'PROCESSING' AND lease_until > now() AND lease_owner = $1
