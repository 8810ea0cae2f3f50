-- The trial, given back without a result. $1 its name. One that had a result, or was lost and handed out again, stays as it is.
UPDATE notify.sending_gate SET trial_until = NULL WHERE trial_until = $1::timestamptz
