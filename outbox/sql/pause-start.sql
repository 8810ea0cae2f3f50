-- Sending is paused for all workers. :pause_ms, :reason, :needs_person whether a person must act.
-- An earlier pause that ends later stays. So does, while sending is paused, the reason why a person must act: a 429 that comes late must not hide it.
UPDATE notify.sending_pause
SET paused_until = greatest(paused_until, now() + :pause_ms * interval '1 millisecond'),
    reason = CASE WHEN needs_person AND paused_until > now() AND NOT :needs_person THEN reason ELSE :reason END,
    needs_person = :needs_person OR (needs_person AND paused_until > now()),
    probe_until = NULL, since = CASE WHEN paused_until > now() THEN since ELSE now() END
