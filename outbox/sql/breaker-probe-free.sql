-- No state change; the sending pause stays locked until the transaction ends. A row: the circuit breaker tripped, its pause is over, and nobody tries just now.
SELECT breaker_opens FROM notify.sending_pause
WHERE breaker_opens > 0 AND coalesce(paused_until <= now(), true) AND coalesce(probe_until <= now(), true)
FOR UPDATE
