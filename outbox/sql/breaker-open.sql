-- The circuit breaker opens: sending is paused. :reason, :base_ms the first pause, :max_ms the longest, :jitter from 0 to 1, :least_ms from Novu's Retry-After.
-- While sending is paused already, only a later end counts: workers whose calls failed at the same time open the breaker once.
UPDATE notify.sending_pause
SET breaker_opens = CASE WHEN paused_until > now() THEN breaker_opens ELSE least(breaker_opens + 1, 30) END,
    reason = CASE WHEN paused_until > now() THEN reason ELSE :reason END,
    needs_person = coalesce(needs_person AND paused_until > now(), false),
    probe_until = NULL, since = CASE WHEN paused_until > now() THEN since ELSE now() END,
    paused_until = now() + interval '1 millisecond' * greatest(:least_ms::float8,
      CASE WHEN paused_until > now() THEN 0 ELSE least(:max_ms::float8, :base_ms::float8 * 2 ^ breaker_opens) * (1 - :jitter::float8 / 2) END)
WHERE paused_until IS NULL OR paused_until <= now() + :least_ms::float8 * interval '1 millisecond'
