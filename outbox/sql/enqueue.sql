-- (nothing) -> PENDING. The parameters are the arguments of notify.enqueue.
SELECT notify.enqueue(:enterprise_id, :workflow, :recipients::jsonb, :payload::jsonb, :transaction_id, :scheduled_for::timestamptz, coalesce(:priority, 50),
  coalesce(:overrides::jsonb, '{}'), :channels::text[], :category, coalesce(:tags::text[], '{}'), traceparent => :traceparent) AS id
