-- (nothing) -> PENDING, all notifications of a request or none. :enterprise_id, :request as the HTTP API takes it (one notification, an array of them or
-- {"notifications": […]}), :transaction_id for a notification that names none, :traceparent of the request.
-- Postgres reads the JSON as the producer wrote it, so no number loses a digit on the way.
SELECT notify.enqueue(
    enterprise_id  => :enterprise_id,
    workflow       => n ->> 'workflow',
    recipients     => n -> 'recipients',
    payload        => coalesce(n -> 'payload', '{}'),
    transaction_id => coalesce(n ->> 'transactionId', :transaction_id),
    scheduled_for  => (n ->> 'scheduledFor')::timestamptz,
    -- 50.0 is a whole number in JSON.
    priority       => coalesce((n ->> 'priority')::numeric::integer, 50),
    overrides      => coalesce(n -> 'overrides', '{}'),
    channels       => CASE WHEN n ? 'channels' THEN ARRAY(SELECT jsonb_array_elements_text(n -> 'channels')) END,
    category       => n ->> 'category',
    tags           => CASE WHEN n ? 'tags' THEN ARRAY(SELECT jsonb_array_elements_text(n -> 'tags')) ELSE '{}' END,
    traceparent    => :traceparent
  ) AS id
FROM jsonb_array_elements(
    CASE jsonb_typeof(:request::jsonb) WHEN 'array' THEN :request::jsonb ELSE coalesce(:request::jsonb -> 'notifications', jsonb_build_array(:request::jsonb)) END
  ) WITH ORDINALITY AS notifications (n, position)
ORDER BY position
