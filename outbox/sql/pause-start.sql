-- The sending pause, for all workers. $1 ms to stay closed, $2 reason, $3 a person must act. A later end that was already told stays, and so does, while it
-- is closed, that a person must act, and why: a 429 that comes late must not hide it.
UPDATE notify.sending_pause
SET paused_until = greatest(paused_until, now() + $1 * interval '1 millisecond'),
    reason = CASE WHEN needs_person AND paused_until > now() AND NOT $3 THEN reason ELSE $2 END,
    needs_person = $3 OR (needs_person AND paused_until > now()),
    probe_until = NULL, since = CASE WHEN paused_until > now() THEN since ELSE now() END
