-- No state change; locks the sending pause until the transaction ends. A row: the circuit breaker is half-open and no probe is under way.
SELECT breaker_opens FROM notify.sending_pause
WHERE breaker_opens > 0 AND coalesce(paused_until <= now(), true) AND coalesce(probe_until <= now(), true)
FOR UPDATE
