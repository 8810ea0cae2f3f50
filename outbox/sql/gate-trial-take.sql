-- The trial is handed out. $1 ms after which it counts as lost with its worker. Its end is its name: gate-trial-end.sql.
UPDATE notify.sending_gate SET trial_until = now() + $1 * interval '1 millisecond'
RETURNING trial_until::text AS trial
