-- No state change. Deletes expired leases that hold no row. One may stay behind because the trigger that counts its rows skips a locked lease.
-- Found by their place (ctid): a lease to which rows were added after this statement began has moved, and stays. Locked leases wait for the next run.
DELETE FROM notify.lease WHERE ctid = ANY (ARRAY(
  SELECT l.ctid FROM notify.lease l
  WHERE l.until < now() AND (SELECT n.id FROM notify.notification n WHERE n.id = ANY (l.ids) AND n.lease_token = l.token LIMIT 1) IS NULL
  FOR UPDATE SKIP LOCKED))
