-- Whether rows may be claimed: never while sending is paused, and only for the probe while the circuit breaker is half-open.
-- :probe, whether the claim is for the probe.
NOT EXISTS (SELECT FROM notify.sending_pause WHERE paused_until > now() OR (breaker_opens > 0 AND NOT :probe::boolean))
