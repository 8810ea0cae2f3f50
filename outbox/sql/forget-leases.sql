-- No state change. Claims that ran out and hold nothing any more: where the trigger that counts their rows found one locked, it passed it over.
DELETE FROM notify.lease l
WHERE l.until < now() AND (SELECT n.id FROM notify.notification n WHERE n.id = ANY (l.ids) AND n.lease_token = l.token LIMIT 1) IS NULL
