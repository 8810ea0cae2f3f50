-- (nothing) -> PENDING, all of a request or none. $1 enterprise, $2 one notification, an array of them or {"notifications": […]}, as the HTTP API
-- takes them, $3 transaction id of one that names none, $4 trace context of the request. Postgres reads the JSON as the producer wrote it: no number loses a digit on the way.
SELECT notify.enqueue(
    enterprise_id  => $1,
    workflow       => n ->> 'workflow',
    recipients     => n -> 'recipients',
    payload        => coalesce(n -> 'payload', '{}'),
    transaction_id => coalesce(n ->> 'transactionId', $3),
    scheduled_for  => (n ->> 'scheduledFor')::timestamptz,
    -- 50.0 is a whole number in JSON.
    priority       => coalesce((n ->> 'priority')::numeric::integer, 50),
    overrides      => coalesce(n -> 'overrides', '{}'),
    channels       => CASE WHEN n ? 'channels' THEN ARRAY(SELECT jsonb_array_elements_text(n -> 'channels')) END,
    category       => n ->> 'category',
    tags           => CASE WHEN n ? 'tags' THEN ARRAY(SELECT jsonb_array_elements_text(n -> 'tags')) ELSE '{}' END,
    traceparent    => $4
  ) AS id
FROM jsonb_array_elements(
    CASE jsonb_typeof($2::jsonb) WHEN 'array' THEN $2::jsonb ELSE coalesce($2::jsonb -> 'notifications', jsonb_build_array($2::jsonb)) END
  ) WITH ORDINALITY AS asked (n, position)
ORDER BY position
