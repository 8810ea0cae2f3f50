-- SENT | RETRACTED | DEAD -> gone. Looks at :limit rows with ids above :after and deletes those in one of :statuses that ended before :before.
-- Walks the primary key from its low end, one range for each call: ids grow with time, so rows that ended long ago lie together there. An index on
-- sent_at would find them too, but would cost each delivery one more entry for a job that runs once a day. A range that starts where the last one
-- ended also skips the index entries of the rows just deleted, which stay until the next vacuum.
-- ANY (ARRAY (...)) is planned as a few ids: each step reads by the primary key, whatever the statistics say.
WITH looked AS MATERIALIZED (
  SELECT id, created_at FROM notify.notification WHERE id > :after::bigint ORDER BY id LIMIT :limit::int
), ended AS MATERIALIZED (
  -- The second list is a guard: a row that waits for a worker stays, whatever the caller passes.
  SELECT n.id FROM notify.notification n
  WHERE n.id = ANY (ARRAY (SELECT id FROM looked)) AND n.status = ANY (:statuses::text[]) AND n.status IN ('SENT', 'RETRACTED', 'DEAD')
    AND CASE n.status WHEN 'SENT' THEN n.sent_at ELSE n.updated_at END < :before::timestamptz
  -- Another run, or a person who retries a dead letter, holds the others.
  FOR UPDATE SKIP LOCKED
), gone AS (
  -- The trigger on DELETE deletes the timeline and the recipients' outcomes.
  DELETE FROM notify.notification n WHERE n.id = ANY (ARRAY (SELECT id FROM ended)) RETURNING n.status
)
SELECT l.upto, l.looked, l.young, g.sent, g.retracted, g.dead
FROM (SELECT max(id) AS upto, count(*)::int AS looked, coalesce(min(created_at) >= :before::timestamptz, true) AS young FROM looked) AS l,
     (SELECT count(*) FILTER (WHERE status = 'SENT')::int AS sent, count(*) FILTER (WHERE status = 'RETRACTED')::int AS retracted,
             count(*) FILTER (WHERE status = 'DEAD')::int AS dead FROM gone) AS g
