-- The gate after a call that succeeded. A pause that was told meanwhile stays.
UPDATE notify.sending_gate
SET trips = 0, closed_until = NULL, trial_until = NULL, reason = NULL, needs_person = false, since = NULL
WHERE closed_until <= now()
