-- No state change. How many rows wait, and for how long the oldest due one has. Each count stops at 10,001: "more than 10,000" is all anyone needs to know.
-- The oldest is looked for at the head of each tenant's queue, since any number of rows from the start of an index may be one tenant's. Of up to 1,000
-- tenants: claims take tenants in turn, so where more wait they wait alike.
WITH RECURSIVE new_heads AS (
  (SELECT n.enterprise_id, n.created_at AS due_at FROM notify.notification n WHERE n.queue = 'new'
   ORDER BY n.enterprise_id, notify.queue_position(n.created_at, n.priority), n.id LIMIT 1)
  UNION ALL
  SELECT next.* FROM new_heads h CROSS JOIN LATERAL (
    SELECT n.enterprise_id, n.created_at FROM notify.notification n
    WHERE n.queue = 'new' AND n.enterprise_id > h.enterprise_id
    ORDER BY n.enterprise_id, notify.queue_position(n.created_at, n.priority), n.id LIMIT 1) AS next
), scheduled_heads AS (
  (SELECT n.enterprise_id, n.scheduled_for AS due_at FROM notify.notification n WHERE n.queue = 'scheduled'
   ORDER BY n.enterprise_id, n.scheduled_for LIMIT 1)
  UNION ALL
  SELECT next.* FROM scheduled_heads h CROSS JOIN LATERAL (
    SELECT n.enterprise_id, n.scheduled_for FROM notify.notification n
    WHERE n.queue = 'scheduled' AND n.enterprise_id > h.enterprise_id
    ORDER BY n.enterprise_id, n.scheduled_for LIMIT 1) AS next
), failed_heads AS (
  (SELECT n.enterprise_id, n.next_attempt_at AS due_at FROM notify.notification n WHERE n.queue = 'failed'
   ORDER BY n.enterprise_id, n.next_attempt_at LIMIT 1)
  UNION ALL
  SELECT next.* FROM failed_heads h CROSS JOIN LATERAL (
    SELECT n.enterprise_id, n.next_attempt_at FROM notify.notification n
    WHERE n.queue = 'failed' AND n.enterprise_id > h.enterprise_id ORDER BY n.enterprise_id, n.next_attempt_at LIMIT 1) AS next
), oldest AS (
  SELECT coalesce(extract(epoch FROM now() - min(due_at)) * 1000, 0)::bigint AS ms FROM (
    (TABLE new_heads LIMIT 1000) UNION ALL (TABLE scheduled_heads LIMIT 1000) UNION ALL (TABLE failed_heads LIMIT 1000)) AS heads
  WHERE due_at <= now()
)
SELECT 'due' AS what, count(*)::int AS count, (SELECT ms FROM oldest) AS oldest_ms FROM (
  (SELECT FROM notify.notification WHERE queue = 'new')
  UNION ALL (SELECT FROM notify.notification WHERE queue = 'scheduled' AND scheduled_for <= now())
  UNION ALL (SELECT FROM notify.notification WHERE queue = 'failed' AND next_attempt_at <= now()) LIMIT 10001) AS due
UNION ALL SELECT 'scheduled', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE queue = 'scheduled' AND scheduled_for > now() LIMIT 10001) AS s
UNION ALL SELECT 'processing', least(coalesce(sum(open), 0), 10001)::int, 0 FROM notify.lease
UNION ALL SELECT 'failed', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE queue = 'failed' LIMIT 10001) AS f
UNION ALL SELECT 'dead', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE queue = 'dead' LIMIT 10001) AS d
