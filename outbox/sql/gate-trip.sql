-- The gate, closed by the circuit breaker. $1 reason, $2 first pause in ms, $3 longest pause in ms, $4 part of the pause that chance decides, from 0 to 1.
-- While it is closed already nothing changes: the workers that failed at the same time count as one trip.
UPDATE notify.sending_gate
SET trips = least(trips + 1, 30), reason = $1, needs_person = false, since = now(),
    closed_until = now() + least($3::float8, $2::float8 * 2 ^ trips) * (1 - $4::float8 / 2) * interval '1 millisecond'
WHERE closed_until IS NULL OR closed_until <= now()
