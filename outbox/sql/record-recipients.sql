-- What became final for single recipients, while the claim is held. $1 lease token, $2 notification ids, $3 ordinals, $4 transaction ids, $5 errors (NULL: sent).
-- The rows are locked in the order of their ids until all of the settlement is written: a worker that takes one over meanwhile waits for the end, or
-- finds it done, and what is recorded is never the word of one that has lost the row. Returns the rows that were held.
WITH held AS MATERIALIZED (
  SELECT n.id FROM notify.notification n WHERE n.id = ANY ($2::bigint[]) AND n.lease_token = $1::uuid ORDER BY n.id FOR NO KEY UPDATE
), recorded AS (
  INSERT INTO notify.notification_recipient (notification_id, ordinal, transaction_id, status, error)
  SELECT f.id, f.ordinal, f.transaction_id, CASE WHEN f.error IS NULL THEN 'SENT' ELSE 'DEAD' END, f.error
  FROM unnest($2::bigint[], $3::int[], $4::text[], $5::text[]) AS f (id, ordinal, transaction_id, error)
  WHERE f.id IN (SELECT id FROM held)
  ON CONFLICT (notification_id, ordinal) DO NOTHING
)
SELECT id FROM held
