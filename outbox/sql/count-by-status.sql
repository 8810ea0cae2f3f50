-- No state change. How many rows wait, and for how long the oldest due one has. Each count stops at 10,001: "more than 10,000" is all anyone needs to know.
SELECT 'due' AS what, count(*)::int AS count, coalesce(extract(epoch FROM now() - min(due_at)) * 1000, 0)::bigint AS oldest_ms FROM (
  (SELECT created_at AS due_at FROM notify.notification WHERE status = 'PENDING' AND scheduled_for IS NULL LIMIT 10001)
  UNION ALL (SELECT scheduled_for FROM notify.notification WHERE status = 'PENDING' AND scheduled_for <= now() ORDER BY scheduled_for LIMIT 10001)
  UNION ALL (SELECT next_attempt_at FROM notify.notification WHERE status = 'FAILED' AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 10001)) AS due
UNION ALL SELECT 'scheduled', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE status = 'PENDING' AND scheduled_for > now() LIMIT 10001) AS s
UNION ALL SELECT 'processing', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE status = 'PROCESSING' LIMIT 10001) AS p
UNION ALL SELECT 'failed', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE status = 'FAILED' LIMIT 10001) AS f
UNION ALL SELECT 'dead', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE status = 'DEAD' LIMIT 10001) AS d
