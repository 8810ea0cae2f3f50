-- No state change. $1 attempts from which a row goes alone. Whether rescue-isolated.sql has anything to do.
SELECT EXISTS (
  SELECT FROM notify.notification
  WHERE id = ANY ((SELECT notify.expired_ids())::bigint[]) AND status = 'PROCESSING' AND lease_until < now() AND attempts >= least($1, max_attempts - 1) AND attempts < max_attempts
) AS poison_rows
