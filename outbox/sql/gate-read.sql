-- No state change. How long the gate stays closed, in ms (0 or less: open), why and since when, and how often the circuit breaker tripped in a row.
SELECT coalesce(extract(epoch FROM closed_until - now()) * 1000, 0)::float8 AS closed_ms, reason, needs_person, trips, since FROM notify.sending_gate
