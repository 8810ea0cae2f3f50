-- A worker takes the probe. :probe_ms, after which the probe counts as lost with its worker. That time is also the probe's name.
UPDATE notify.sending_pause SET probe_until = now() + :probe_ms * interval '1 millisecond'
RETURNING probe_until::text AS probe
