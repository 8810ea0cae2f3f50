-- PROCESSING -> SENT, with what became final for the recipients. $1 lease token, $2 ids; $3 notification ids, $4 ordinals, $5 transaction ids, $6 errors (NULL: sent).
WITH sent AS (
  UPDATE notify.notification
  SET status = 'SENT', sent_at = now(), error = NULL, lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
  WHERE id = ANY ($2::bigint[]) AND lease_token = $1::uuid
  RETURNING id
), recorded AS (
  INSERT INTO notify.notification_recipient (notification_id, ordinal, transaction_id, status, error)
  SELECT f.id, f.ordinal, f.transaction_id, CASE WHEN f.error IS NULL THEN 'SENT' ELSE 'DEAD' END, f.error
  FROM unnest($3::bigint[], $4::int[], $5::text[], $6::text[]) AS f (id, ordinal, transaction_id, error)
  WHERE f.id IN (SELECT id FROM sent)
  ON CONFLICT (notification_id, ordinal) DO NOTHING
)
SELECT count(*)::int AS sent FROM sent
