-- Up Migration

-- Standard words: sending is paused, and the circuit breaker is closed, open or half-open. The names of before stay readable and writable for one
-- release, as a view: a worker of that release runs beside this one while it is replaced.
-- contract: the view notify.sending_gate below keeps the old names
ALTER TABLE notify.sending_gate RENAME TO sending_pause;
-- contract: the view notify.sending_gate below keeps the old names
ALTER TABLE notify.sending_pause RENAME COLUMN closed_until TO paused_until;
-- contract: the view notify.sending_gate below keeps the old names
ALTER TABLE notify.sending_pause RENAME COLUMN trips TO breaker_opens;
-- contract: the view notify.sending_gate below keeps the old names
ALTER TABLE notify.sending_pause RENAME COLUMN trial_until TO probe_until;
-- contract: only the name changes
ALTER TABLE notify.sending_pause RENAME CONSTRAINT sending_gate_one_row TO sending_pause_one_row;
-- contract: only the name changes
ALTER TABLE notify.sending_pause RENAME CONSTRAINT sending_gate_reason_when_closed TO sending_pause_reason_when_paused;
-- contract: only the name changes
ALTER INDEX notify.sending_gate_pkey RENAME TO sending_pause_pkey;
COMMENT ON TABLE notify.sending_pause IS 'One row, shared by all workers: until when sending is paused, because Novu limits the rate, refuses the key, or does not respond';
COMMENT ON COLUMN notify.sending_pause.breaker_opens IS 'How often in a row the circuit breaker opened since a call last succeeded; above 0 and not paused, the breaker is half-open';
COMMENT ON COLUMN notify.sending_pause.probe_until IS 'While the breaker is half-open: when the probe that one worker sends counts as lost; NULL while none is sent';

-- SECURITY INVOKER, so the row-level security and the grants of the table apply.
CREATE VIEW notify.sending_gate WITH (security_invoker = true) AS
  SELECT id, paused_until AS closed_until, reason, needs_person, breaker_opens AS trips, since, probe_until AS trial_until FROM notify.sending_pause;
COMMENT ON VIEW notify.sending_gate IS 'Deprecated name of notify.sending_pause, kept for one release';
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON notify.sending_gate TO service_role;
  END IF;
END $$;

-- Workers learn about a pause, and about its end, before their next poll. A worker of the release before listens on xnovu_gate.
CREATE FUNCTION notify.notify_sending_pause() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('xnovu_sending_pause', '');
  PERFORM pg_notify('xnovu_gate', '');
  RETURN NULL;
END $$;
-- contract: made above, so no older code calls it
REVOKE ALL ON FUNCTION notify.notify_sending_pause() FROM PUBLIC;
CREATE TRIGGER notify_sending_pause AFTER UPDATE ON notify.sending_pause
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION notify.notify_sending_pause();
-- contract: notify_sending_pause above does the same
DROP TRIGGER tell_gate ON notify.sending_pause;
-- contract: notify_sending_pause above does the same
DROP FUNCTION notify.tell_gate();

COMMENT ON TABLE notify.lease IS 'Claims under way and the ids of their rows: the rescue loop uses it to find the rows of a worker that stopped responding';
COMMENT ON COLUMN notify.notification_event.worker IS 'The worker whose session held the row, or the Temporal workflow that delivers a notification with many recipients';

-- All changes of a notification, ordered by id.
CREATE OR REPLACE VIEW notify.timeline WITH (security_invoker = true) AS
  SELECT notification_id, id, at, lag(to_status) OVER (PARTITION BY notification_id ORDER BY id) AS from_status, to_status, attempt,
         CASE WHEN worker LIKE 'xnovu-claim-%' THEN worker ELSE 'xnovu-session-' || worker END AS temporal_workflow_id, worker, error
  FROM (
    SELECT id AS notification_id, 0::bigint AS id, created_at AS at, 'PENDING' AS to_status, 0::smallint AS attempt, NULL::text AS worker, NULL::text AS error
    FROM notify.notification
    UNION ALL
    SELECT notification_id, id * 2, claimed_at, 'PROCESSING', claim_attempt, worker, NULL FROM notify.notification_event WHERE from_status = 'PROCESSING'
    UNION ALL
    SELECT notification_id, id * 2 + 1, at, to_status, attempt, CASE WHEN from_status = 'PROCESSING' THEN worker END, error
    FROM notify.notification_event WHERE to_status <> 'PROCESSING'
    UNION ALL
    SELECT id, 9223372036854775807, updated_at, 'PROCESSING', attempts, lease_owner, NULL FROM notify.notification WHERE status = 'PROCESSING'
  ) AS entry;

-- Down Migration

CREATE OR REPLACE VIEW notify.timeline WITH (security_invoker = true) AS
  SELECT notification_id, id, at, lag(to_status) OVER (PARTITION BY notification_id ORDER BY id) AS from_status, to_status, attempt,
         CASE WHEN worker LIKE 'xnovu-claim-%' THEN worker ELSE 'xnovu-lane-' || worker END AS temporal_workflow_id, worker, error
  FROM (
    SELECT id AS notification_id, 0::bigint AS id, created_at AS at, 'PENDING' AS to_status, 0::smallint AS attempt, NULL::text AS worker, NULL::text AS error
    FROM notify.notification
    UNION ALL
    SELECT notification_id, id * 2, claimed_at, 'PROCESSING', claim_attempt, worker, NULL FROM notify.notification_event WHERE from_status = 'PROCESSING'
    UNION ALL
    SELECT notification_id, id * 2 + 1, at, to_status, attempt, CASE WHEN from_status = 'PROCESSING' THEN worker END, error
    FROM notify.notification_event WHERE to_status <> 'PROCESSING'
    UNION ALL
    SELECT id, 9223372036854775807, updated_at, 'PROCESSING', attempts, lease_owner, NULL FROM notify.notification WHERE status = 'PROCESSING'
  ) AS entry;
DROP VIEW notify.sending_gate;
ALTER TABLE notify.sending_pause RENAME TO sending_gate;
ALTER TABLE notify.sending_gate RENAME COLUMN paused_until TO closed_until;
ALTER TABLE notify.sending_gate RENAME COLUMN breaker_opens TO trips;
ALTER TABLE notify.sending_gate RENAME COLUMN probe_until TO trial_until;
ALTER TABLE notify.sending_gate RENAME CONSTRAINT sending_pause_one_row TO sending_gate_one_row;
ALTER TABLE notify.sending_gate RENAME CONSTRAINT sending_pause_reason_when_paused TO sending_gate_reason_when_closed;
ALTER INDEX notify.sending_pause_pkey RENAME TO sending_gate_pkey;
DROP TRIGGER notify_sending_pause ON notify.sending_gate;
DROP FUNCTION notify.notify_sending_pause();
CREATE FUNCTION notify.tell_gate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('xnovu_gate', '');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_gate AFTER UPDATE ON notify.sending_gate FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION notify.tell_gate();
