-- No state change. How long the gate stays closed, in ms (0 or less: open), why and since when, and how often the circuit breaker tripped in a row;
-- how long, in ms, another call's trial after that may last (0 or less: nobody tries).
SELECT coalesce(extract(epoch FROM closed_until - now()) * 1000, 0)::float8 AS closed_ms, reason, needs_person, trips, since,
  coalesce(extract(epoch FROM trial_until - now()) * 1000, 0)::float8 AS trial_ms
FROM notify.sending_gate
