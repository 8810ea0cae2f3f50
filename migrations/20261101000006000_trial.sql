-- Up Migration

-- After a trip of the circuit breaker one call of one worker tries: who has it, the others wait for.
ALTER TABLE notify.sending_gate ADD COLUMN trial_until timestamptz;
COMMENT ON COLUMN notify.sending_gate.trial_until IS 'Until when, at the longest, the others wait for the call that tries after a trip of the circuit breaker';

-- Down Migration

ALTER TABLE notify.sending_gate DROP COLUMN trial_until;
