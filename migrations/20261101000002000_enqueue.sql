-- Up Migration

-- For producers: asks for a notification and returns its id. The same transaction id again with the same content returns the
-- first one's id; with other content it is refused (unique_violation), because a second message was surely meant.
-- `recipients` may be one recipient or an array of them.
-- SECURITY DEFINER: looking up the first one takes rights on the table, and a producer need not be able to read what others sent.
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

-- Down Migration

DROP FUNCTION notify.enqueue(text, text, jsonb, jsonb, text, timestamptz, integer, jsonb, text[], text, text[], integer);
