-- No state change. For how long sending is paused, in ms (0 or less: not paused), why and since when; how often in a row the circuit breaker opened;
-- for how long the probe may still take, in ms (0 or less: none is under way).
SELECT coalesce(extract(epoch FROM paused_until - now()) * 1000, 0)::float8 AS paused_ms, reason, needs_person, breaker_opens, since,
  coalesce(extract(epoch FROM probe_until - now()) * 1000, 0)::float8 AS probe_ms
FROM notify.sending_pause
