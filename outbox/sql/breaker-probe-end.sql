-- The probe, given back without a result. $1 its name. One that had a result, or was lost and handed out again, stays as it is.
UPDATE notify.sending_pause SET probe_until = NULL WHERE probe_until = $1::timestamptz
