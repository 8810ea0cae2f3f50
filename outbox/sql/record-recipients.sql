-- No state change of rows. Stores the recipients that are final, and returns the rows that the claim still holds. :token of the claim,
-- :notification_ids, :ordinals, :transaction_ids, :errors (NULL: sent).
-- The rows are locked in the order of their ids until the settlement commits. A worker that rescues one meanwhile waits for the commit or finds it
-- done, so a worker that lost a row never records its recipients.
WITH held AS MATERIALIZED (
  SELECT n.id FROM notify.notification n WHERE n.id = ANY (:notification_ids::bigint[]) AND n.lease_token = :token::uuid ORDER BY n.id FOR NO KEY UPDATE
), recorded AS (
  -- @include record-recipients (held: held)
)
SELECT id FROM held
