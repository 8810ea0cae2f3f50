-- The sending pause, closed by the circuit breaker. $1 reason, $2 first pause in ms, $3 longest pause in ms, $4 part of the pause that chance decides, from 0 to 1,
-- $5 ms that Novu itself asked for (Retry-After). While it is closed already only a later end counts: the workers that failed at the same time are one trip.
UPDATE notify.sending_pause
SET breaker_opens = CASE WHEN paused_until > now() THEN breaker_opens ELSE least(breaker_opens + 1, 30) END,
    reason = CASE WHEN paused_until > now() THEN reason ELSE $1 END,
    needs_person = coalesce(needs_person AND paused_until > now(), false),
    probe_until = NULL, since = CASE WHEN paused_until > now() THEN since ELSE now() END,
    paused_until = now() + greatest($5::float8, CASE WHEN paused_until > now() THEN 0 ELSE least($3::float8, $2::float8 * 2 ^ breaker_opens) * (1 - $4::float8 / 2) END)
      * interval '1 millisecond'
WHERE paused_until IS NULL OR paused_until <= now() + $5::float8 * interval '1 millisecond'
