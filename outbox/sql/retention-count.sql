-- No state change. What retention-delete.sql would delete in the same range. $1 only ids above, $2 statuses, $3 ended before, $4 how many rows to look at.
WITH looked AS MATERIALIZED (
  SELECT id, created_at, status = ANY ($2::text[]) AND status IN ('SENT', 'RETRACTED', 'DEAD')
         AND CASE status WHEN 'SENT' THEN sent_at ELSE updated_at END < $3::timestamptz AS ended, status
  FROM notify.notification WHERE id > $1::bigint ORDER BY id LIMIT $4::int
)
SELECT max(id) AS upto, count(*)::int AS looked, coalesce(min(created_at) >= $3::timestamptz, true) AS young,
       count(*) FILTER (WHERE ended AND status = 'SENT')::int AS sent, count(*) FILTER (WHERE ended AND status = 'RETRACTED')::int AS retracted,
       count(*) FILTER (WHERE ended AND status = 'DEAD')::int AS dead
FROM looked
