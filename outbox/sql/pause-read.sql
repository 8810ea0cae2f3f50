-- No state change. How long the sending pause stays closed, in ms (0 or less: open), why and since when, and how often the circuit breaker tripped in a row;
-- how long, in ms, another call's probe after that may last (0 or less: nobody tries).
SELECT coalesce(extract(epoch FROM paused_until - now()) * 1000, 0)::float8 AS paused_ms, reason, needs_person, breaker_opens, since,
  coalesce(extract(epoch FROM probe_until - now()) * 1000, 0)::float8 AS probe_ms
FROM notify.sending_pause
