-- Stores the recipients that are final. :notification_ids, :ordinals, :transaction_ids, :errors (NULL: sent). Arguments: `held`, a query of the rows
-- that the claim still holds.
INSERT INTO notify.notification_recipient (notification_id, ordinal, transaction_id, status, error)
SELECT f.id, f.ordinal, f.transaction_id, CASE WHEN f.error IS NULL THEN 'SENT' ELSE 'DEAD' END, f.error
FROM unnest(:notification_ids::bigint[], :ordinals::int[], :transaction_ids::text[], :errors::text[]) AS f (id, ordinal, transaction_id, error)
WHERE f.id IN (SELECT id FROM {{held}})
ON CONFLICT (notification_id, ordinal) DO NOTHING
