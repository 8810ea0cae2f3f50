-- No state change; the gate stays locked until the transaction ends. A row: the circuit breaker tripped, its pause is over, and nobody tries just now.
SELECT trips FROM notify.sending_gate
WHERE trips > 0 AND coalesce(closed_until <= now(), true) AND coalesce(trial_until <= now(), true)
FOR UPDATE
