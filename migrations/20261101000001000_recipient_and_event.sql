-- Up Migration

-- What became final for one recipient of several. A row is written once the recipient is settled: no row means "not yet".
-- No foreign key: it would lock the parent row once per recipient; the trigger below removes them with their notification.
CREATE TABLE notify.notification_recipient (
  notification_id bigint      NOT NULL,
  ordinal         integer     NOT NULL,
  transaction_id  text        NOT NULL,
  status          text        NOT NULL,
  error           text,
  at              timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (notification_id, ordinal),
  CONSTRAINT notification_recipient_ordinal_valid CHECK (ordinal >= 0),
  CONSTRAINT notification_recipient_status_known CHECK (status IN ('SENT', 'DEAD')),
  CONSTRAINT notification_recipient_error_when_dead CHECK ((status = 'DEAD') = (error IS NOT NULL))
);
COMMENT ON COLUMN notify.notification_recipient.ordinal IS 'Position in notification.recipients, from 0';

-- What became final for each recipient. A notification for one recipient has no row above: its outcome is its own status.
CREATE VIEW notify.recipient_outcome WITH (security_invoker = true) AS
  SELECT notification_id, ordinal, transaction_id, status, error, at FROM notify.notification_recipient
  UNION ALL
  SELECT id, 0, enterprise_id || ':' || transaction_id || ':0', status, error, coalesce(sent_at, updated_at) FROM notify.notification
  WHERE status IN ('SENT', 'DEAD') AND jsonb_array_length(recipients) = 1;

-- The one list of legal changes. The timeline's CHECK applies it: every change is written there in the same statement, or not at all.
CREATE FUNCTION notify.is_legal_change(from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE from_status
  WHEN 'PENDING'    THEN to_status IN ('PROCESSING', 'DEAD', 'RETRACTED')
  WHEN 'PROCESSING' THEN to_status IN ('PENDING', 'SENT', 'FAILED', 'DEAD')
  WHEN 'SENT'       THEN to_status IN ('RETRACTED')
  WHEN 'FAILED'     THEN to_status IN ('PROCESSING', 'PENDING', 'DEAD', 'RETRACTED')
  WHEN 'DEAD'       THEN to_status IN ('PENDING', 'RETRACTED')
  ELSE false
END;

-- The timeline as it is kept: append-only, written by the trigger below and by nothing else. One row for each change but two kinds that the
-- notification itself remembers, so that the usual life is one row: how it began (created_at), and a claim while it lasts (updated_at, lease_owner).
-- The change that ends a claim writes down when it began. The view notify.timeline tells all of them.
CREATE TABLE notify.notification_event (
  notification_id bigint      NOT NULL,
  id              bigint      GENERATED ALWAYS AS IDENTITY,
  at              timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Of the claim that this change ended; NULL when it ended none.
  claimed_at      timestamptz,
  claim_attempt   smallint,
  attempt         smallint    NOT NULL,
  from_status     text        COLLATE "C" NOT NULL,
  to_status       text        COLLATE "C" NOT NULL,
  lease_token     uuid,
  worker          text,
  error           text,
  PRIMARY KEY (notification_id, id),
  -- The same status twice is a claim taken over under a new token.
  CONSTRAINT notification_legal_change CHECK (
    notify.is_legal_change(from_status, to_status) OR (from_status = 'PROCESSING' AND to_status = 'PROCESSING')),
  CONSTRAINT notification_event_claim_when_ended CHECK ((from_status = 'PROCESSING') = (claimed_at IS NOT NULL AND claim_attempt IS NOT NULL))
);
COMMENT ON TABLE notify.notification_event IS 'What the timeline is made of: read notify.timeline';
COMMENT ON COLUMN notify.notification_event.worker IS 'The worker whose lane held the row, or the Temporal workflow that holds a notification of many recipients by itself';

-- All changes of a notification, ordered by id.
CREATE VIEW notify.timeline WITH (security_invoker = true) AS
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

-- Statement triggers with transition tables: one pass over a batch of rows, where row triggers would run once for each.
-- SECURITY DEFINER, so that a role which may only insert notifications needs no right on the timeline.

CREATE FUNCTION notify.after_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM inserted WHERE status <> 'PENDING' OR attempts <> 0) THEN
    RAISE EXCEPTION 'a notification starts as PENDING with 0 attempts'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_starts_pending', HINT = 'Leave status and attempts to their defaults.';
  END IF;
  IF EXISTS (SELECT FROM inserted WHERE scheduled_for IS NULL) THEN
    PERFORM pg_notify('xnovu_new', '');
  END IF;
  IF EXISTS (SELECT FROM inserted WHERE scheduled_for <= now()) THEN
    PERFORM pg_notify('xnovu_scheduled', '');
  END IF;
  RETURN NULL;
END $$;

-- The plan of a transition table's join is cached from whatever size came first: without nested loops it stays linear at any size.
CREATE FUNCTION notify.after_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
BEGIN
  INSERT INTO notify.notification_event (notification_id, claimed_at, claim_attempt, attempt, from_status, to_status, lease_token, worker, error)
    SELECT n.id, CASE o.status WHEN 'PROCESSING' THEN o.updated_at END, CASE o.status WHEN 'PROCESSING' THEN o.attempts END, n.attempts,
           o.status, n.status, o.lease_token, o.lease_owner, CASE WHEN n.status IN ('FAILED', 'DEAD') THEN n.error END
    FROM before o JOIN after n USING (id)
    WHERE CASE WHEN n.status = 'PROCESSING'
      -- A claim is written down when it ends; one that is not legal, now, to be refused. A new token without a new status is a claim taken over from
      -- a worker that went silent.
      THEN o.lease_token IS DISTINCT FROM n.lease_token AND o.status NOT IN ('PENDING', 'FAILED')
      ELSE o.status <> n.status END;
  IF EXISTS (SELECT FROM after WHERE status = 'PENDING' AND scheduled_for IS NULL) THEN
    PERFORM pg_notify('xnovu_new', '');
  END IF;
  IF EXISTS (SELECT FROM after WHERE status = 'PENDING' AND scheduled_for <= now()) THEN
    PERFORM pg_notify('xnovu_scheduled', '');
  END IF;
  RETURN NULL;
END $$;

-- What is asked for does not change once a worker may have read it: the timeline and the idempotency key speak of that content.
CREATE FUNCTION notify.refuse_new_content() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the content of notification % is fixed since it is % after % attempts', OLD.id, OLD.status, OLD.attempts
    USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_content_fixed', HINT = 'Retract it and insert a new one.';
END $$;

CREATE FUNCTION notify.after_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM notify.notification_recipient r USING deleted d WHERE r.notification_id = d.id;
  DELETE FROM notify.notification_event e USING deleted d WHERE e.notification_id = d.id;
  RETURN NULL;
END $$;

CREATE FUNCTION notify.keep_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Two IFs: OLD does not exist in a TRUNCATE, and the order within an AND is not promised.
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM notify.notification n WHERE n.id = OLD.notification_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the timeline is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_event_append_only';
END $$;

-- All workers learn of a pause, and of its end, without waiting for their next look.
CREATE FUNCTION notify.tell_gate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('xnovu_gate', '');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_gate AFTER UPDATE ON notify.sending_gate FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION notify.tell_gate();

CREATE TRIGGER after_insert AFTER INSERT ON notify.notification
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION notify.after_insert();
CREATE TRIGGER after_update AFTER UPDATE ON notify.notification
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION notify.after_update();
CREATE TRIGGER after_delete AFTER DELETE ON notify.notification
  REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION notify.after_delete();
CREATE TRIGGER refuse_new_content
  BEFORE UPDATE OF enterprise_id, workflow, recipients, payload, overrides, channels, transaction_id ON notify.notification
  FOR EACH ROW WHEN ((OLD.status <> 'PENDING' OR OLD.attempts > 0 OR OLD.batch_id IS NOT NULL) AND (
    OLD.enterprise_id, OLD.workflow, OLD.recipients, OLD.payload, OLD.overrides, OLD.channels, OLD.transaction_id
  ) IS DISTINCT FROM (
    NEW.enterprise_id, NEW.workflow, NEW.recipients, NEW.payload, NEW.overrides, NEW.channels, NEW.transaction_id
  )) EXECUTE FUNCTION notify.refuse_new_content();
-- The timeline and the recipients' outcomes name the id, and after_update() finds the old row by it.
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON notify.notification
  FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION notify.refuse_new_content();
CREATE TRIGGER keep_events BEFORE UPDATE OR DELETE ON notify.notification_event
  FOR EACH ROW EXECUTE FUNCTION notify.keep_events();
CREATE TRIGGER keep_events_whole BEFORE TRUNCATE ON notify.notification_event
  FOR EACH STATEMENT EXECUTE FUNCTION notify.keep_events();

-- Down Migration

DROP TRIGGER tell_gate ON notify.sending_gate;
DROP FUNCTION notify.tell_gate();
DROP TRIGGER keep_id ON notify.notification;
DROP TRIGGER refuse_new_content ON notify.notification;
DROP TRIGGER after_delete ON notify.notification;
DROP TRIGGER after_update ON notify.notification;
DROP TRIGGER after_insert ON notify.notification;
DROP VIEW notify.recipient_outcome;
DROP VIEW notify.timeline;
DROP TABLE notify.notification_event;
DROP TABLE notify.notification_recipient;
DROP FUNCTION notify.keep_events();
DROP FUNCTION notify.after_delete();
DROP FUNCTION notify.refuse_new_content();
DROP FUNCTION notify.after_update();
DROP FUNCTION notify.after_insert();
DROP FUNCTION notify.is_legal_change(text, text);
