-- The circuit breaker closes and sending goes on: a call succeeded. A pause that started meanwhile stays.
UPDATE notify.sending_pause
SET breaker_opens = 0, paused_until = NULL, probe_until = NULL, reason = NULL, needs_person = false, since = NULL
WHERE paused_until <= now()
