-- (nothing) -> PENDING. Arguments in the order of notify.enqueue.
SELECT notify.enqueue($1, $2, $3::jsonb, $4::jsonb, $5, $6::timestamptz, coalesce($7, 50), coalesce($8::jsonb, '{}'), $9::text[], $10, coalesce($11::text[], '{}'),
  traceparent => $12) AS id
