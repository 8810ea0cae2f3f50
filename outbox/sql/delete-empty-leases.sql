-- No state change. Claims that ran out and hold nothing any more: where the trigger that counts their rows found one locked, it passed it over.
-- By their place (ctid): one to which a claim's other rows of its batch were added after this began to look is at another place by then, and stays. Those that
-- somebody is at are left for the next time.
DELETE FROM notify.lease WHERE ctid = ANY (ARRAY(
  SELECT l.ctid FROM notify.lease l
  WHERE l.until < now() AND (SELECT n.id FROM notify.notification n WHERE n.id = ANY (l.ids) AND n.lease_token = l.token LIMIT 1) IS NULL
  FOR UPDATE SKIP LOCKED))
