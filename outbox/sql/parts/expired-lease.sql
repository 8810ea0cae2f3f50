-- Whether the lease of a row ran out. The ids go through an array, so that a statement reads the rows by their key, whatever the statistics say.
id = ANY ((SELECT notify.expired_ids())::bigint[]) AND status = 'PROCESSING' AND lease_until < now()
