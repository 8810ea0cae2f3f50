-- The probe is handed out. $1 ms after which it counts as lost with its worker. Its end is its name: breaker-probe-end.sql.
UPDATE notify.sending_pause SET probe_until = now() + $1 * interval '1 millisecond'
RETURNING probe_until::text AS probe
