-- SENT | RETRACTED | DEAD -> gone. $1 only ids above, $2 statuses, $3 ended before, $4 how many rows to look at.
-- Walks the primary key from its low end, one range for each call: ids grow with time, so the rows that ended long ago lie together there. An index on
-- sent_at would find them as well, and cost every delivery one more entry for a job that runs once a day. Beginning each range where the last one ended
-- also passes over the index entries of the rows just deleted, which stay until the next vacuum.
-- ANY (ARRAY (...)) is planned as a handful of ids: each step goes by the primary key, whatever the statistics say.
WITH looked AS MATERIALIZED (
  SELECT id, created_at FROM notify.notification WHERE id > $1::bigint ORDER BY id LIMIT $4::int
), ended AS MATERIALIZED (
  -- The second list is a guard: a row that waits for a worker stays, whatever is asked.
  SELECT n.id FROM notify.notification n
  WHERE n.id = ANY (ARRAY (SELECT id FROM looked)) AND n.status = ANY ($2::text[]) AND n.status IN ('SENT', 'RETRACTED', 'DEAD')
    AND CASE n.status WHEN 'SENT' THEN n.sent_at ELSE n.updated_at END < $3::timestamptz
  -- Another run, or a person who sends a dead letter again, has the others: they are left to them.
  FOR UPDATE SKIP LOCKED
), gone AS (
  -- The trigger on DELETE takes the timeline and the recipients' outcomes along.
  DELETE FROM notify.notification n WHERE n.id = ANY (ARRAY (SELECT id FROM ended)) RETURNING n.status
)
SELECT l.upto, l.looked, l.young, g.sent, g.retracted, g.dead
FROM (SELECT max(id) AS upto, count(*)::int AS looked, coalesce(min(created_at) >= $3::timestamptz, true) AS young FROM looked) AS l,
     (SELECT count(*) FILTER (WHERE status = 'SENT')::int AS sent, count(*) FILTER (WHERE status = 'RETRACTED')::int AS retracted,
             count(*) FILTER (WHERE status = 'DEAD')::int AS dead FROM gone) AS g
