-- No state change. What retention-delete.sql would delete with the same parameters.
WITH looked AS MATERIALIZED (
  SELECT id, created_at, status = ANY (:statuses::text[]) AND status IN ('SENT', 'RETRACTED', 'DEAD')
         AND CASE status WHEN 'SENT' THEN sent_at ELSE updated_at END < :before::timestamptz AS ended, status
  FROM notify.notification WHERE id > :after::bigint ORDER BY id LIMIT :limit::int
)
SELECT max(id) AS upto, count(*)::int AS looked, coalesce(min(created_at) >= :before::timestamptz, true) AS young,
       count(*) FILTER (WHERE ended AND status = 'SENT')::int AS sent, count(*) FILTER (WHERE ended AND status = 'RETRACTED')::int AS retracted,
       count(*) FILTER (WHERE ended AND status = 'DEAD')::int AS dead
FROM looked
