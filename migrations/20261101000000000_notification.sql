-- Up Migration

-- One row is one notification that a producer asks for. Postgres is the truth about its state and attempts.

CREATE SCHEMA IF NOT EXISTS notify;

-- A recipient is a subscriber id, an object with `subscriberId`, or {"type":"Topic","topicKey":...}.
CREATE FUNCTION notify.valid_recipient(recipient jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(recipient)
  WHEN 'string' THEN length(btrim(recipient #>> '{}')) BETWEEN 1 AND 255
  WHEN 'object' THEN
    CASE WHEN recipient ? 'topicKey'
      THEN recipient ->> 'type' IS NOT DISTINCT FROM 'Topic'
        AND jsonb_typeof(recipient -> 'topicKey') = 'string'
        AND length(btrim(recipient ->> 'topicKey')) BETWEEN 1 AND 255
      ELSE coalesce(jsonb_typeof(recipient -> 'subscriberId') = 'string', false)
        AND length(btrim(coalesce(recipient ->> 'subscriberId', ''))) BETWEEN 1 AND 255
    END
  ELSE false
END;

-- At least one, at most 10,000, each valid, none twice: a repeated recipient would get the message twice.
-- A topic and a subscriber may share a name.
CREATE FUNCTION notify.valid_recipients(recipients jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(recipients) IS DISTINCT FROM 'array' THEN false
  ELSE (
    SELECT count(*) BETWEEN 1 AND 10000
      AND bool_and(notify.valid_recipient(r))
      AND count(DISTINCT (r -> 'topicKey' IS NOT NULL)::text || coalesce(r ->> 'topicKey', r ->> 'subscriberId', r #>> '{}')) = count(*)
    FROM jsonb_array_elements(recipients) AS r
  )
END;

-- A UUID of version 7 (RFC 9562): the time comes first, so that the entries of rows that live at the same time lie together in the unique index.
CREATE FUNCTION notify.new_transaction_id() RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid::text;

CREATE TABLE notify.notification (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Names of machines, not of people: compared byte by byte, in indexes above all.
  enterprise_id   text        COLLATE "C" NOT NULL,
  workflow        text        COLLATE "C" NOT NULL,
  recipients      jsonb       NOT NULL,
  payload         jsonb       NOT NULL DEFAULT '{}',
  overrides       jsonb       NOT NULL DEFAULT '{}',
  channels        text[],
  category        text,
  tags            text[]      NOT NULL DEFAULT '{}',
  priority        smallint    NOT NULL DEFAULT 50,
  scheduled_for   timestamptz,
  transaction_id  text        COLLATE "C" NOT NULL DEFAULT notify.new_transaction_id(),
  status          text        COLLATE "C" NOT NULL DEFAULT 'PENDING',
  attempts        smallint    NOT NULL DEFAULT 0,
  max_attempts    smallint    NOT NULL DEFAULT 8,
  next_attempt_at timestamptz,
  lease_token     uuid,
  lease_owner     text,
  lease_until     timestamptz,
  batch_id        uuid,
  error           text,
  sent_at         timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),

  CONSTRAINT notification_transaction_unique UNIQUE (enterprise_id, transaction_id),
  CONSTRAINT notification_status_known CHECK (status IN ('PENDING', 'PROCESSING', 'SENT', 'FAILED', 'DEAD', 'RETRACTED')),
  CONSTRAINT notification_attempts_bounded CHECK (attempts BETWEEN 0 AND max_attempts AND max_attempts BETWEEN 1 AND 100),
  -- A row that waits for a worker has an attempt left, so a claim never meets one it cannot take.
  CONSTRAINT notification_attempt_left CHECK (status NOT IN ('PENDING', 'FAILED') OR attempts < max_attempts),
  CONSTRAINT notification_lease_while_processing CHECK (
    (status = 'PROCESSING') = (lease_token IS NOT NULL) AND (status = 'PROCESSING') = (lease_owner IS NOT NULL)
    AND (status = 'PROCESSING') = (lease_until IS NOT NULL)),
  CONSTRAINT notification_next_attempt_while_failed CHECK ((status = 'FAILED') = (next_attempt_at IS NOT NULL)),
  CONSTRAINT notification_error_when_failed CHECK (status NOT IN ('FAILED', 'DEAD') OR error IS NOT NULL),
  CONSTRAINT notification_sent_at_when_sent CHECK (status <> 'SENT' OR sent_at IS NOT NULL)
);

COMMENT ON TABLE notify.notification IS 'A notification that a producer asks for; INSERT here or call notify.enqueue()';
COMMENT ON COLUMN notify.notification.batch_id IS 'The bulk call the row was put in; kept while its reply is unknown, so that a retry repeats the same call under the same idempotency key';
COMMENT ON COLUMN notify.notification.lease_token IS 'Fencing token of the claim that holds the row: every write of a worker names it';

-- What a producer writes is checked by a trigger, and only when it is written: a CHECK of the table runs on every update, and these made each
-- claim and each outcome a fifth as dear again. The faults look like those of CHECKs and carry their names.
CREATE FUNCTION notify.content_fault(n notify.notification) RETURNS text
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

CREATE FUNCTION notify.check_content() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fault text := notify.content_fault(NEW);
BEGIN
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'new row for relation "notification" violates check constraint "%"', fault
      USING ERRCODE = 'check_violation', CONSTRAINT = fault, SCHEMA = 'notify', TABLE = 'notification';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER check_content
  BEFORE INSERT OR UPDATE OF enterprise_id, workflow, recipients, payload, overrides, channels, priority, transaction_id ON notify.notification
  FOR EACH ROW EXECUTE FUNCTION notify.check_content();

-- Where a new row stands in its tenant's queue. A point of priority is worth six seconds of waiting: priority 100 goes ahead of a 50 that has
-- waited for less than five minutes, and no row waits for ever behind more important ones. The clock is the database's, and UTC makes it immutable.
CREATE FUNCTION notify.queue_position(created_at timestamptz, priority smallint) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (created_at AT TIME ZONE 'UTC') - priority * interval '6 seconds';

-- One partial index for each polling query: a row is in the index of the query that will want it next, and in no other. The tenant comes first,
-- so that tenants can be served in turn.
CREATE INDEX notification_new ON notify.notification (enterprise_id, notify.queue_position(created_at, priority), id)
  WHERE status = 'PENDING' AND scheduled_for IS NULL;
CREATE INDEX notification_scheduled ON notify.notification (enterprise_id, scheduled_for, id) WHERE status = 'PENDING' AND scheduled_for IS NOT NULL;
CREATE INDEX notification_failed ON notify.notification (enterprise_id, next_attempt_at, id) WHERE status = 'FAILED';
CREATE INDEX notification_lease_until ON notify.notification (lease_until) WHERE status = 'PROCESSING';
CREATE INDEX notification_failed_batch ON notify.notification (batch_id) WHERE status = 'FAILED' AND batch_id IS NOT NULL;
CREATE INDEX notification_dead ON notify.notification (id) WHERE status = 'DEAD';

-- Whether anything may be sent now: one row, shared by all workers. A claim finds nothing while it is closed.
CREATE TABLE notify.sending_gate (
  id            boolean     PRIMARY KEY DEFAULT true,
  closed_until  timestamptz,
  reason        text,
  -- A person must act: key, plan or address are wrong.
  needs_person  boolean     NOT NULL DEFAULT false,
  -- Times in a row that the circuit breaker closed it: the next pause doubles with each.
  trips         integer     NOT NULL DEFAULT 0,
  since         timestamptz,
  CONSTRAINT sending_gate_one_row CHECK (id),
  CONSTRAINT sending_gate_reason_when_closed CHECK (closed_until IS NULL OR reason IS NOT NULL)
);
INSERT INTO notify.sending_gate DEFAULT VALUES;
COMMENT ON TABLE notify.sending_gate IS 'One row: until when all workers wait, because Novu limits the rate, refuses the key, or does not work';

-- Down Migration

DROP TABLE notify.sending_gate;
DROP TABLE notify.notification CASCADE;
DROP FUNCTION notify.queue_position(timestamptz, smallint);
DROP FUNCTION notify.check_content();
DROP FUNCTION notify.new_transaction_id();
DROP FUNCTION notify.valid_recipients(jsonb);
DROP FUNCTION notify.valid_recipient(jsonb);
