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

CREATE TABLE notify.notification (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id   text        NOT NULL,
  workflow        text        NOT NULL,
  recipients      jsonb       NOT NULL,
  payload         jsonb       NOT NULL DEFAULT '{}',
  overrides       jsonb       NOT NULL DEFAULT '{}',
  channels        text[],
  category        text,
  tags            text[]      NOT NULL DEFAULT '{}',
  priority        smallint    NOT NULL DEFAULT 50,
  scheduled_for   timestamptz,
  transaction_id  text        NOT NULL DEFAULT gen_random_uuid()::text,
  status          text        NOT NULL DEFAULT 'PENDING',
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
  CONSTRAINT notification_enterprise_valid CHECK (length(enterprise_id) BETWEEN 1 AND 100 AND enterprise_id !~ '[^A-Za-z0-9._@-]'),
  CONSTRAINT notification_workflow_valid CHECK (length(workflow) BETWEEN 1 AND 128 AND workflow !~ '[^A-Za-z0-9._-]'),
  CONSTRAINT notification_recipients_valid CHECK (
    -- A CHECK runs on every update too: the usual single recipient takes a path that the planner inlines.
    CASE WHEN jsonb_typeof(recipients) = 'array' AND recipients -> 1 IS NULL
      THEN recipients -> 0 IS NOT NULL AND notify.valid_recipient(recipients -> 0)
      ELSE notify.valid_recipients(recipients) END),
  CONSTRAINT notification_payload_object CHECK (jsonb_typeof(payload) = 'object'),
  CONSTRAINT notification_payload_size CHECK (pg_column_size(payload) <= 1048576),
  CONSTRAINT notification_overrides_object CHECK (jsonb_typeof(overrides) = 'object'),
  CONSTRAINT notification_overrides_size CHECK (pg_column_size(overrides) <= 1048576),
  CONSTRAINT notification_channels_known CHECK (channels <@ ARRAY['email', 'sms', 'push', 'in_app', 'chat'] AND cardinality(channels) > 0),
  CONSTRAINT notification_priority_range CHECK (priority BETWEEN 0 AND 100),
  -- Length apart from the characters: a counted repetition such as {1,200} made this check forty times as dear.
  -- Novu sees <enterprise_id>:<transaction_id>:<recipient's ordinal>; no colon in the first part keeps that unambiguous.
  CONSTRAINT notification_transaction_valid CHECK (length(transaction_id) BETWEEN 1 AND 200 AND transaction_id !~ '[^A-Za-z0-9._:@+=-]'),
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

-- One partial index for each polling query: a row is in the index of the query that will want it next, and in no other.
CREATE INDEX notification_new ON notify.notification (priority DESC, id) WHERE status = 'PENDING' AND scheduled_for IS NULL;
CREATE INDEX notification_scheduled ON notify.notification (scheduled_for, id) WHERE status = 'PENDING' AND scheduled_for IS NOT NULL;
CREATE INDEX notification_failed ON notify.notification (next_attempt_at, id) WHERE status = 'FAILED';
CREATE INDEX notification_lease_until ON notify.notification (lease_until) WHERE status = 'PROCESSING';
CREATE INDEX notification_lease_token ON notify.notification (lease_token) WHERE status = 'PROCESSING';
CREATE INDEX notification_failed_batch ON notify.notification (batch_id) WHERE status = 'FAILED' AND batch_id IS NOT NULL;
CREATE INDEX notification_dead ON notify.notification (id) WHERE status = 'DEAD';

-- Down Migration

DROP TABLE notify.notification;
DROP FUNCTION notify.valid_recipients(jsonb);
DROP FUNCTION notify.valid_recipient(jsonb);
