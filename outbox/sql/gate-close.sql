-- The gate, for all workers. $1 ms to stay closed, $2 reason, $3 a person must act. A later end that was already told stays.
UPDATE notify.sending_gate
SET closed_until = greatest(closed_until, now() + $1 * interval '1 millisecond'), reason = $2, needs_person = $3,
    since = CASE WHEN closed_until > now() THEN since ELSE now() END
