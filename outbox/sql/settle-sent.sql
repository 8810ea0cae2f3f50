-- PROCESSING -> SENT, with the recipients that are final. :token of the claim, :ids; :notification_ids, :ordinals, :transaction_ids, :errors (NULL: sent).
WITH sent AS (
  -- @include mark-sent
  RETURNING id
), recorded AS (
  -- @include record-recipients (held: sent)
)
SELECT count(*)::int AS sent FROM sent
