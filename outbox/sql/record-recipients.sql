-- What became final for single recipients, while the claim is held. $1 lease token, $2 notification ids, $3 ordinals, $4 transaction ids, $5 errors (NULL: sent).
INSERT INTO notify.notification_recipient (notification_id, ordinal, transaction_id, status, error)
SELECT f.id, f.ordinal, f.transaction_id, CASE WHEN f.error IS NULL THEN 'SENT' ELSE 'DEAD' END, f.error
FROM unnest($2::bigint[], $3::int[], $4::text[], $5::text[]) AS f (id, ordinal, transaction_id, error)
JOIN notify.notification n ON n.id = f.id AND n.lease_token = $1::uuid
ON CONFLICT (notification_id, ordinal) DO NOTHING
