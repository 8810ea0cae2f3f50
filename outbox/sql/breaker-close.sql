-- The sending pause after a call that succeeded. A pause that was told meanwhile stays.
UPDATE notify.sending_pause
SET breaker_opens = 0, paused_until = NULL, probe_until = NULL, reason = NULL, needs_person = false, since = NULL
WHERE paused_until <= now()
