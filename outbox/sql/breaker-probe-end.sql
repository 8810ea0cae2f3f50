-- The :probe ends without a result. A probe that had a result, or that was lost and taken by another worker, is left alone.
UPDATE notify.sending_pause SET probe_until = NULL WHERE probe_until = :probe::timestamptz
