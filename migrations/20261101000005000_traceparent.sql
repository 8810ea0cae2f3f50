-- Up Migration

-- A producer's trace goes on in the worker: the row carries the context of whoever asked for it. Nothing of it reaches the recipient, and two
-- requests that differ in it alone are the same notification.
ALTER TABLE notify.notification ADD COLUMN traceparent text COLLATE "C";
COMMENT ON COLUMN notify.notification.traceparent IS 'W3C trace context of the producer (https://www.w3.org/TR/trace-context/), or NULL';

CREATE OR REPLACE FUNCTION notify.content_fault(n notify.notification) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- NULL passes, as in a CHECK. Length apart from the characters: a counted repetition such as {1,200} is forty times as dear.
  IF NOT (length(n.enterprise_id) BETWEEN 1 AND 100 AND n.enterprise_id !~ '[^A-Za-z0-9._@-]') THEN RETURN 'notification_enterprise_valid'; END IF;
  IF NOT (length(n.workflow) BETWEEN 1 AND 128 AND n.workflow !~ '[^A-Za-z0-9._-]') THEN RETURN 'notification_workflow_valid'; END IF;
  IF NOT (CASE WHEN jsonb_typeof(n.recipients) = 'array' AND n.recipients -> 1 IS NULL
      THEN n.recipients -> 0 IS NOT NULL AND notify.valid_recipient(n.recipients -> 0)
      ELSE notify.valid_recipients(n.recipients) END) THEN RETURN 'notification_recipients_valid'; END IF;
  IF NOT (jsonb_typeof(n.payload) = 'object') THEN RETURN 'notification_payload_object'; END IF;
  IF NOT (pg_column_size(n.payload) <= 1048576) THEN RETURN 'notification_payload_size'; END IF;
  IF NOT (jsonb_typeof(n.overrides) = 'object') THEN RETURN 'notification_overrides_object'; END IF;
  IF NOT (pg_column_size(n.overrides) <= 1048576) THEN RETURN 'notification_overrides_size'; END IF;
  IF NOT (n.channels <@ ARRAY['email', 'sms', 'push', 'in_app', 'chat'] AND cardinality(n.channels) > 0) THEN RETURN 'notification_channels_known'; END IF;
  IF NOT (n.priority BETWEEN 0 AND 100) THEN RETURN 'notification_priority_range'; END IF;
  -- Novu sees <enterprise_id>:<transaction_id>:<recipient's ordinal>; no colon in the first part keeps that unambiguous.
  IF NOT (length(n.transaction_id) BETWEEN 1 AND 200 AND n.transaction_id !~ '[^A-Za-z0-9._:@+=-]') THEN RETURN 'notification_transaction_valid'; END IF;
  -- W3C Trace Context: version, trace id, parent id and flags, in hexadecimal; ids of zeros mean none.
  IF n.traceparent IS NOT NULL AND NOT (
    n.traceparent LIKE '__-________________________________-________________-__' AND length(replace(n.traceparent, '-', '')) = 52
    AND n.traceparent !~ '[^0-9a-f-]|^ff|-0+-') THEN RETURN 'notification_traceparent_valid'; END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER check_content
  BEFORE INSERT OR UPDATE OF enterprise_id, workflow, recipients, payload, overrides, channels, priority, transaction_id, traceparent ON notify.notification
  FOR EACH ROW EXECUTE FUNCTION notify.check_content();

-- One more parameter makes another function, and both beside each other would make a call with defaults ambiguous: the new one takes the old one's
-- place, name and rights. Calls that leave the parameter out go on as they are.
-- contract: within this transaction the new function takes the name; no caller sees it missing
ALTER FUNCTION notify.enqueue(text, text, jsonb, jsonb, text, timestamptz, integer, jsonb, text[], text, text[], integer) RENAME TO enqueue_before;
CREATE FUNCTION notify.enqueue(
  enterprise_id  text,
  workflow       text,
  recipients     jsonb,
  payload        jsonb       DEFAULT '{}',
  transaction_id text        DEFAULT NULL,
  scheduled_for  timestamptz DEFAULT NULL,
  priority       integer     DEFAULT 50,
  overrides      jsonb       DEFAULT '{}',
  channels       text[]      DEFAULT NULL,
  category       text        DEFAULT NULL,
  tags           text[]      DEFAULT '{}',
  max_attempts   integer     DEFAULT 8,
  traceparent    text        DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  asked notify.notification;
  first notify.notification;
BEGIN
  asked.transaction_id := coalesce(enqueue.transaction_id, notify.new_transaction_id());
  asked.recipients := CASE WHEN jsonb_typeof(enqueue.recipients) = 'array' THEN enqueue.recipients ELSE jsonb_build_array(enqueue.recipients) END;

  INSERT INTO notify.notification AS n
    (enterprise_id, workflow, recipients, payload, transaction_id, scheduled_for, priority, overrides, channels, category, tags, max_attempts, traceparent)
  VALUES
    (enqueue.enterprise_id, enqueue.workflow, asked.recipients, enqueue.payload, asked.transaction_id, enqueue.scheduled_for,
     enqueue.priority, enqueue.overrides, enqueue.channels, enqueue.category, enqueue.tags, enqueue.max_attempts, enqueue.traceparent)
  ON CONFLICT ON CONSTRAINT notification_transaction_unique DO NOTHING
  RETURNING n.* INTO first;
  IF FOUND THEN
    RETURN first.id;
  END IF;

  SELECT n.* INTO STRICT first FROM notify.notification n
    WHERE n.enterprise_id = enqueue.enterprise_id AND n.transaction_id = asked.transaction_id;
  IF (first.workflow, first.recipients, first.payload, first.overrides, first.channels, first.scheduled_for)
     IS DISTINCT FROM
     (enqueue.workflow, asked.recipients, enqueue.payload, enqueue.overrides, enqueue.channels, enqueue.scheduled_for) THEN
    RAISE EXCEPTION 'transaction id % was used for notification % with other content', asked.transaction_id, first.id
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'notification_transaction_unique',
            HINT = 'Use a new transaction id for a new notification.';
  END IF;
  RETURN first.id;
END $$;
COMMENT ON FUNCTION notify.enqueue IS 'Asks for a notification and returns its id; idempotent per (enterprise_id, transaction_id)';
-- contract: a new function is everybody's; the old one's rights follow
REVOKE ALL ON FUNCTION notify.enqueue FROM PUBLIC;
DO $$
DECLARE
  grantee text;
BEGIN
  FOR grantee IN
    SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
    FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) AS a WHERE p.oid = 'notify.enqueue_before'::regproc AND a.grantee <> p.proowner
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION notify.enqueue TO %s', grantee);
  END LOOP;
END $$;
-- contract: its name was of this transaction alone
DROP FUNCTION notify.enqueue_before;

-- Down Migration

ALTER FUNCTION notify.enqueue(text, text, jsonb, jsonb, text, timestamptz, integer, jsonb, text[], text, text[], integer, text) RENAME TO enqueue_before;
CREATE FUNCTION notify.enqueue(
  enterprise_id  text,
  workflow       text,
  recipients     jsonb,
  payload        jsonb       DEFAULT '{}',
  transaction_id text        DEFAULT NULL,
  scheduled_for  timestamptz DEFAULT NULL,
  priority       integer     DEFAULT 50,
  overrides      jsonb       DEFAULT '{}',
  channels       text[]      DEFAULT NULL,
  category       text        DEFAULT NULL,
  tags           text[]      DEFAULT '{}',
  max_attempts   integer     DEFAULT 8
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  asked notify.notification;
  first notify.notification;
BEGIN
  asked.transaction_id := coalesce(enqueue.transaction_id, notify.new_transaction_id());
  asked.recipients := CASE WHEN jsonb_typeof(enqueue.recipients) = 'array' THEN enqueue.recipients ELSE jsonb_build_array(enqueue.recipients) END;

  INSERT INTO notify.notification AS n
    (enterprise_id, workflow, recipients, payload, transaction_id, scheduled_for, priority, overrides, channels, category, tags, max_attempts)
  VALUES
    (enqueue.enterprise_id, enqueue.workflow, asked.recipients, enqueue.payload, asked.transaction_id, enqueue.scheduled_for,
     enqueue.priority, enqueue.overrides, enqueue.channels, enqueue.category, enqueue.tags, enqueue.max_attempts)
  ON CONFLICT ON CONSTRAINT notification_transaction_unique DO NOTHING
  RETURNING n.* INTO first;
  IF FOUND THEN
    RETURN first.id;
  END IF;

  SELECT n.* INTO STRICT first FROM notify.notification n
    WHERE n.enterprise_id = enqueue.enterprise_id AND n.transaction_id = asked.transaction_id;
  IF (first.workflow, first.recipients, first.payload, first.overrides, first.channels, first.scheduled_for)
     IS DISTINCT FROM
     (enqueue.workflow, asked.recipients, enqueue.payload, enqueue.overrides, enqueue.channels, enqueue.scheduled_for) THEN
    RAISE EXCEPTION 'transaction id % was used for notification % with other content', asked.transaction_id, first.id
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'notification_transaction_unique',
            HINT = 'Use a new transaction id for a new notification.';
  END IF;
  RETURN first.id;
END $$;
COMMENT ON FUNCTION notify.enqueue IS 'Asks for a notification and returns its id; idempotent per (enterprise_id, transaction_id)';
REVOKE ALL ON FUNCTION notify.enqueue FROM PUBLIC;
DO $$
DECLARE
  grantee text;
BEGIN
  FOR grantee IN
    SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
    FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) AS a WHERE p.oid = 'notify.enqueue_before'::regproc AND a.grantee <> p.proowner
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION notify.enqueue TO %s', grantee);
  END LOOP;
END $$;
DROP FUNCTION notify.enqueue_before;

CREATE OR REPLACE TRIGGER check_content
  BEFORE INSERT OR UPDATE OF enterprise_id, workflow, recipients, payload, overrides, channels, priority, transaction_id ON notify.notification
  FOR EACH ROW EXECUTE FUNCTION notify.check_content();
CREATE OR REPLACE FUNCTION notify.content_fault(n notify.notification) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- NULL passes, as in a CHECK. Length apart from the characters: a counted repetition such as {1,200} is forty times as dear.
  IF NOT (length(n.enterprise_id) BETWEEN 1 AND 100 AND n.enterprise_id !~ '[^A-Za-z0-9._@-]') THEN RETURN 'notification_enterprise_valid'; END IF;
  IF NOT (length(n.workflow) BETWEEN 1 AND 128 AND n.workflow !~ '[^A-Za-z0-9._-]') THEN RETURN 'notification_workflow_valid'; END IF;
  IF NOT (CASE WHEN jsonb_typeof(n.recipients) = 'array' AND n.recipients -> 1 IS NULL
      THEN n.recipients -> 0 IS NOT NULL AND notify.valid_recipient(n.recipients -> 0)
      ELSE notify.valid_recipients(n.recipients) END) THEN RETURN 'notification_recipients_valid'; END IF;
  IF NOT (jsonb_typeof(n.payload) = 'object') THEN RETURN 'notification_payload_object'; END IF;
  IF NOT (pg_column_size(n.payload) <= 1048576) THEN RETURN 'notification_payload_size'; END IF;
  IF NOT (jsonb_typeof(n.overrides) = 'object') THEN RETURN 'notification_overrides_object'; END IF;
  IF NOT (pg_column_size(n.overrides) <= 1048576) THEN RETURN 'notification_overrides_size'; END IF;
  IF NOT (n.channels <@ ARRAY['email', 'sms', 'push', 'in_app', 'chat'] AND cardinality(n.channels) > 0) THEN RETURN 'notification_channels_known'; END IF;
  IF NOT (n.priority BETWEEN 0 AND 100) THEN RETURN 'notification_priority_range'; END IF;
  -- Novu sees <enterprise_id>:<transaction_id>:<recipient's ordinal>; no colon in the first part keeps that unambiguous.
  IF NOT (length(n.transaction_id) BETWEEN 1 AND 200 AND n.transaction_id !~ '[^A-Za-z0-9._:@+=-]') THEN RETURN 'notification_transaction_valid'; END IF;
  RETURN NULL;
END $$;

ALTER TABLE notify.notification DROP COLUMN traceparent;
