-- The schema that the migrations make, for reading and for review. Nothing runs it.
-- Written by `node --import tsx scripts/dev/update-schema.ts`: do not edit it by hand.

CREATE OR REPLACE FUNCTION notify.after_delete()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  seen uuid[] := ARRAY(SELECT token FROM notify.lease WHERE token IN (SELECT lease_token FROM deleted) FOR UPDATE SKIP LOCKED);
BEGIN
  DELETE FROM notify.notification_recipient r USING deleted d WHERE r.notification_id = d.id;
  DELETE FROM notify.notification_event e USING deleted d WHERE e.notification_id = d.id;
  WITH less AS (
    SELECT lease_token AS token, count(*) AS rows FROM deleted WHERE lease_token = ANY (seen) GROUP BY lease_token
  ), ended AS (
    DELETE FROM notify.lease l USING less WHERE l.token = less.token AND l.open <= less.rows
  )
  UPDATE notify.lease l SET open = l.open - less.rows FROM less WHERE l.token = less.token AND l.open > less.rows;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION notify.after_insert()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$
;
CREATE OR REPLACE FUNCTION notify.after_truncate()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM notify.lease;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION notify.after_update()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_nestloop TO 'off'
AS $function$
DECLARE
  -- Claims that lose some of these rows: tokens, and how many each.
  tokens uuid[];
  counts bigint[];
  seen uuid[];
  held boolean;
  waits boolean;
BEGIN
  -- A claim, and nothing else: it is written down when it ends, and no join is needed to see what it holds.
  IF NOT EXISTS (SELECT FROM before WHERE status NOT IN ('PENDING', 'FAILED')) AND NOT EXISTS (SELECT FROM after WHERE status <> 'PROCESSING') THEN
    INSERT INTO notify.lease AS l (token, owner, until, open, ids)
      SELECT lease_token, max(lease_owner), min(lease_until), count(*), array_agg(id) FROM after GROUP BY lease_token
    ON CONFLICT (token) DO UPDATE SET until = least(l.until, excluded.until), open = l.open + excluded.open, ids = l.ids || excluded.ids;
    RETURN NULL;
  END IF;

  INSERT INTO notify.notification_event (notification_id, claimed_at, claim_attempt, attempt, from_status, to_status, lease_token, worker, error)
    SELECT n.id, CASE o.status WHEN 'PROCESSING' THEN o.updated_at END, CASE o.status WHEN 'PROCESSING' THEN o.attempts END, n.attempts,
           o.status, n.status, o.lease_token, o.lease_owner, CASE WHEN n.status IN ('FAILED', 'DEAD') THEN n.error END
    FROM before o JOIN after n USING (id)
    WHERE CASE WHEN n.status = 'PROCESSING'
      -- One that is not legal, now, to be refused. A new token without a new status is a claim taken over from a worker that went silent.
      THEN o.lease_token IS DISTINCT FROM n.lease_token AND o.status NOT IN ('PENDING', 'FAILED')
      ELSE o.status <> n.status END;

  SELECT bool_or(status = 'PROCESSING'), bool_or(status = 'PENDING') INTO held, waits FROM after;
  IF held THEN
    -- Those that lose rows or change their time: whoever changes something else of a row does not touch its claim.
    tokens := ARRAY(SELECT DISTINCT o.lease_token FROM before o JOIN after n USING (id)
      WHERE o.lease_token IS NOT NULL AND (o.lease_token, o.lease_until) IS DISTINCT FROM (n.lease_token, n.lease_until));
  ELSE
    SELECT array_agg(token), array_agg(rows) INTO tokens, counts
      FROM (SELECT lease_token AS token, count(*) AS rows FROM before WHERE lease_token IS NOT NULL GROUP BY lease_token) AS b;
  END IF;
  -- Never waited for: a transaction that somebody holds open over one row must not hold up the others of its claim. What is passed over here counts
  -- too much, or ends at another time than its rows, by a lease at the most, and the sweep looks at the rows themselves.
  seen := ARRAY(SELECT token FROM notify.lease WHERE token = ANY (tokens) FOR UPDATE SKIP LOCKED);
  IF held THEN
    WITH change AS MATERIALIZED (
      SELECT n.id, o.lease_token AS from_token, n.lease_token AS token, n.lease_owner AS owner, n.lease_until AS until
      FROM before o JOIN after n USING (id) WHERE (o.lease_token, o.lease_until) IS DISTINCT FROM (n.lease_token, n.lease_until)
    ), less AS (
      SELECT from_token AS token, count(*) AS rows FROM change
      WHERE (from_token <> token OR token IS NULL) AND from_token = ANY (seen) GROUP BY from_token
    ), ended AS (
      DELETE FROM notify.lease l USING less WHERE l.token = less.token AND l.open <= less.rows
    ), left_open AS (
      UPDATE notify.lease l SET open = l.open - less.rows FROM less WHERE l.token = less.token AND l.open > less.rows
    ), renewed AS (
      -- Of all its rows, since a part of them alone may have been renewed.
      UPDATE notify.lease l
      SET until = coalesce((SELECT min(n.lease_until) FROM notify.notification n WHERE n.id = ANY (l.ids) AND n.lease_token = l.token), l.until)
      WHERE l.token = ANY (seen) AND l.token IN (SELECT token FROM change WHERE token = from_token)
    )
    INSERT INTO notify.lease AS l (token, owner, until, open, ids)
      SELECT token, max(owner), min(until), count(*), array_agg(id) FROM change WHERE token <> from_token OR from_token IS NULL
      GROUP BY token HAVING token IS NOT NULL
    ON CONFLICT (token) DO UPDATE SET until = least(l.until, excluded.until), open = l.open + excluded.open, ids = l.ids || excluded.ids;
  ELSIF cardinality(seen) > 0 THEN
    WITH less AS (
      SELECT token, rows FROM unnest(tokens, counts) AS b (token, rows) WHERE token = ANY (seen)
    ), ended AS (
      DELETE FROM notify.lease l USING less WHERE l.token = less.token AND l.open <= less.rows
    )
    UPDATE notify.lease l SET open = l.open - less.rows FROM less WHERE l.token = less.token AND l.open > less.rows;
  END IF;

  IF waits THEN
    IF EXISTS (SELECT FROM after WHERE status = 'PENDING' AND scheduled_for IS NULL) THEN
      PERFORM pg_notify('xnovu_new', '');
    END IF;
    IF EXISTS (SELECT FROM after WHERE status = 'PENDING' AND scheduled_for <= now()) THEN
      PERFORM pg_notify('xnovu_scheduled', '');
    END IF;
  END IF;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION notify.check_content()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  fault text := notify.content_fault(NEW);
BEGIN
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'new row for relation "notification" violates check constraint "%"', fault
      USING ERRCODE = 'check_violation', CONSTRAINT = fault, SCHEMA = 'notify', TABLE = 'notification';
  END IF;
  RETURN NEW;
END $function$
;
CREATE OR REPLACE FUNCTION notify.content_fault(n notify.notification)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$
;
CREATE OR REPLACE FUNCTION notify.enqueue(enterprise_id text, workflow text, recipients jsonb, payload jsonb DEFAULT '{}'::jsonb, transaction_id text DEFAULT NULL::text, scheduled_for timestamp with time zone DEFAULT NULL::timestamp with time zone, priority integer DEFAULT 50, overrides jsonb DEFAULT '{}'::jsonb, channels text[] DEFAULT NULL::text[], category text DEFAULT NULL::text, tags text[] DEFAULT '{}'::text[], max_attempts integer DEFAULT 8, traceparent text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$
;
CREATE OR REPLACE FUNCTION notify.expired_ids()
 RETURNS bigint[]
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
RETURN ARRAY(SELECT unnest(l.ids) AS unnest FROM (SELECT lease.ids, (sum(lease.open) OVER (ORDER BY (hashtextextended((lease.token)::text, ((EXTRACT(epoch FROM now()) * (1000)::numeric))::bigint)), lease.token) - lease.open) AS ahead FROM notify.lease WHERE (lease.until < now())) l WHERE (l.ahead < 20000))
;
CREATE OR REPLACE FUNCTION notify.is_legal_change(from_status text, to_status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE from_status WHEN 'PENDING'::text THEN (to_status = ANY (ARRAY['PROCESSING'::text, 'DEAD'::text, 'RETRACTED'::text])) WHEN 'PROCESSING'::text THEN (to_status = ANY (ARRAY['PENDING'::text, 'SENT'::text, 'FAILED'::text, 'DEAD'::text])) WHEN 'SENT'::text THEN (to_status = 'RETRACTED'::text) WHEN 'FAILED'::text THEN (to_status = ANY (ARRAY['PROCESSING'::text, 'PENDING'::text, 'DEAD'::text, 'RETRACTED'::text])) WHEN 'DEAD'::text THEN (to_status = ANY (ARRAY['PENDING'::text, 'RETRACTED'::text])) ELSE false END
;
CREATE OR REPLACE FUNCTION notify.keep_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  -- Two IFs: OLD does not exist in a TRUNCATE, and the order within an AND is not promised.
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM notify.notification n WHERE n.id = OLD.notification_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the timeline is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_event_append_only';
END $function$
;
CREATE OR REPLACE FUNCTION notify.new_transaction_id()
 RETURNS text
 LANGUAGE sql
 PARALLEL SAFE
RETURN ((encode(set_bit(set_bit(OVERLAY(uuid_send(gen_random_uuid()) PLACING SUBSTRING(int8send(((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint) FROM 3) FROM 1 FOR 6), (52)::bigint, 1), (53)::bigint, 1), 'hex'::text))::uuid)::text
;
CREATE OR REPLACE FUNCTION notify.notify_sending_pause()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_notify('xnovu_sending_pause', '');
  PERFORM pg_notify('xnovu_gate', '');
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION notify.queue_position(created_at timestamp with time zone, priority smallint)
 RETURNS timestamp without time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((created_at AT TIME ZONE 'UTC'::text) - ((priority)::double precision * '00:00:06'::interval))
;
CREATE OR REPLACE FUNCTION notify.refuse_new_content()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RAISE EXCEPTION 'the content of notification % is fixed since it is % after % attempts', OLD.id, OLD.status, OLD.attempts
    USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_content_fixed', HINT = 'Retract it and insert a new one.';
END $function$
;
CREATE OR REPLACE FUNCTION notify.valid_recipient(recipient jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(recipient) WHEN 'string'::text THEN ((length(btrim((recipient #>> '{}'::text[]))) >= 1) AND (length(btrim((recipient #>> '{}'::text[]))) <= 255)) WHEN 'object'::text THEN CASE WHEN (recipient ? 'topicKey'::text) THEN ((NOT ((recipient ->> 'type'::text) IS DISTINCT FROM 'Topic'::text)) AND (jsonb_typeof((recipient -> 'topicKey'::text)) = 'string'::text) AND ((length(btrim((recipient ->> 'topicKey'::text))) >= 1) AND (length(btrim((recipient ->> 'topicKey'::text))) <= 255))) ELSE (COALESCE((jsonb_typeof((recipient -> 'subscriberId'::text)) = 'string'::text), false) AND ((length(btrim(COALESCE((recipient ->> 'subscriberId'::text), ''::text))) >= 1) AND (length(btrim(COALESCE((recipient ->> 'subscriberId'::text), ''::text))) <= 255))) END ELSE false END
;
CREATE OR REPLACE FUNCTION notify.valid_recipients(recipients jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (jsonb_typeof(recipients) IS DISTINCT FROM 'array'::text) THEN false ELSE (SELECT (((count(*) >= 1) AND (count(*) <= 10000)) AND bool_and(notify.valid_recipient(r.value)) AND (count(DISTINCT ((((r.value -> 'topicKey'::text) IS NOT NULL))::text || COALESCE((r.value ->> 'topicKey'::text), (r.value ->> 'subscriberId'::text), (r.value #>> '{}'::text[])))) = count(*))) FROM jsonb_array_elements(valid_recipients.recipients) r(value)) END
;

CREATE TABLE notify.api_key (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  enterprise_id text NOT NULL,
  name text NOT NULL,
  key_sha256 bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone
);
ALTER TABLE notify.api_key ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.lease (
  token uuid NOT NULL,
  owner text NOT NULL,
  until timestamp with time zone NOT NULL,
  open integer NOT NULL,
  ids bigint[] NOT NULL
);
ALTER TABLE notify.lease ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  enterprise_id text NOT NULL,
  workflow text NOT NULL,
  recipients jsonb NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  overrides jsonb DEFAULT '{}'::jsonb NOT NULL,
  channels text[],
  category text,
  tags text[] DEFAULT '{}'::text[] NOT NULL,
  priority smallint DEFAULT 50 NOT NULL,
  scheduled_for timestamp with time zone,
  transaction_id text DEFAULT notify.new_transaction_id() NOT NULL,
  status text DEFAULT 'PENDING'::text NOT NULL,
  attempts smallint DEFAULT 0 NOT NULL,
  max_attempts smallint DEFAULT 8 NOT NULL,
  next_attempt_at timestamp with time zone,
  lease_token uuid,
  lease_owner text,
  lease_until timestamp with time zone,
  batch_id uuid,
  error text,
  sent_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  traceparent text,
  queue text DEFAULT 
CASE status
    WHEN 'PENDING'::text THEN
    CASE
        WHEN (scheduled_for IS NULL) THEN 'new'::text
        ELSE 'scheduled'::text
    END
    WHEN 'FAILED'::text THEN 'failed'::text
    WHEN 'DEAD'::text THEN 'dead'::text
    ELSE NULL::text
END
);
ALTER TABLE notify.notification ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_category (
  enterprise_id text NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE notify.notification_category ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_event (
  notification_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  claimed_at timestamp with time zone,
  claim_attempt smallint,
  attempt smallint NOT NULL,
  from_status text NOT NULL,
  to_status text NOT NULL,
  lease_token uuid,
  worker text,
  error text
);
ALTER TABLE notify.notification_event ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_priority (
  priority smallint NOT NULL,
  name text NOT NULL
);
ALTER TABLE notify.notification_priority ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_recipient (
  notification_id bigint NOT NULL,
  ordinal integer NOT NULL,
  transaction_id text NOT NULL,
  status text NOT NULL,
  error text,
  at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE notify.notification_recipient ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_rule (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  enterprise_id text NOT NULL,
  name text NOT NULL,
  workflow text NOT NULL,
  recipients jsonb NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  cron text NOT NULL,
  timezone text DEFAULT 'UTC'::text NOT NULL,
  active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE notify.notification_rule ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_template (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  enterprise_id text,
  key text NOT NULL,
  channel text NOT NULL,
  locale text DEFAULT 'en'::text NOT NULL,
  subject text,
  body text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE notify.notification_template ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.notification_workflow (
  workflow text NOT NULL,
  name text NOT NULL,
  channels text[] DEFAULT '{}'::text[] NOT NULL,
  payload_schema jsonb DEFAULT '{}'::jsonb NOT NULL,
  active boolean DEFAULT true NOT NULL,
  synced_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE notify.notification_workflow ENABLE ROW LEVEL SECURITY;
CREATE TABLE notify.sending_pause (
  id boolean DEFAULT true NOT NULL,
  paused_until timestamp with time zone,
  reason text,
  needs_person boolean DEFAULT false NOT NULL,
  breaker_opens integer DEFAULT 0 NOT NULL,
  since timestamp with time zone,
  probe_until timestamp with time zone
);
ALTER TABLE notify.sending_pause ENABLE ROW LEVEL SECURITY;

ALTER TABLE notify.api_key ADD CONSTRAINT api_key_sha256_length CHECK (octet_length(key_sha256) = 32);
ALTER TABLE notify.api_key ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);
ALTER TABLE notify.api_key ADD CONSTRAINT api_key_sha256_unique UNIQUE (key_sha256);
ALTER TABLE notify.lease ADD CONSTRAINT lease_pkey PRIMARY KEY (token);
ALTER TABLE notify.notification ADD CONSTRAINT notification_attempt_left CHECK ((status <> ALL (ARRAY['PENDING'::text, 'FAILED'::text])) OR attempts < max_attempts);
ALTER TABLE notify.notification ADD CONSTRAINT notification_attempts_bounded CHECK (attempts >= 0 AND attempts <= max_attempts AND max_attempts >= 1 AND max_attempts <= 100);
ALTER TABLE notify.notification ADD CONSTRAINT notification_error_when_failed CHECK ((status <> ALL (ARRAY['FAILED'::text, 'DEAD'::text])) OR error IS NOT NULL);
ALTER TABLE notify.notification ADD CONSTRAINT notification_lease_while_processing CHECK ((status = 'PROCESSING'::text) = (lease_token IS NOT NULL) AND (status = 'PROCESSING'::text) = (lease_owner IS NOT NULL) AND (status = 'PROCESSING'::text) = (lease_until IS NOT NULL));
ALTER TABLE notify.notification ADD CONSTRAINT notification_next_attempt_while_failed CHECK ((status = 'FAILED'::text) = (next_attempt_at IS NOT NULL));
ALTER TABLE notify.notification ADD CONSTRAINT notification_sent_at_when_sent CHECK (status <> 'SENT'::text OR sent_at IS NOT NULL);
ALTER TABLE notify.notification ADD CONSTRAINT notification_status_known CHECK (status = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text, 'SENT'::text, 'FAILED'::text, 'DEAD'::text, 'RETRACTED'::text]));
ALTER TABLE notify.notification ADD CONSTRAINT notification_pkey PRIMARY KEY (id);
ALTER TABLE notify.notification ADD CONSTRAINT notification_transaction_unique UNIQUE (transaction_id, enterprise_id);
ALTER TABLE notify.notification_category ADD CONSTRAINT notification_category_pkey PRIMARY KEY (enterprise_id, key);
ALTER TABLE notify.notification_event ADD CONSTRAINT notification_event_claim_when_ended CHECK ((from_status = 'PROCESSING'::text) = (claimed_at IS NOT NULL AND claim_attempt IS NOT NULL));
ALTER TABLE notify.notification_event ADD CONSTRAINT notification_legal_change CHECK (notify.is_legal_change(from_status, to_status) OR from_status = 'PROCESSING'::text AND to_status = 'PROCESSING'::text);
ALTER TABLE notify.notification_event ADD CONSTRAINT notification_event_pkey PRIMARY KEY (notification_id, id);
ALTER TABLE notify.notification_priority ADD CONSTRAINT notification_priority_value_range CHECK (priority >= 0 AND priority <= 100);
ALTER TABLE notify.notification_priority ADD CONSTRAINT notification_priority_pkey PRIMARY KEY (priority);
ALTER TABLE notify.notification_priority ADD CONSTRAINT notification_priority_name_unique UNIQUE (name);
ALTER TABLE notify.notification_recipient ADD CONSTRAINT notification_recipient_error_when_dead CHECK ((status = 'DEAD'::text) = (error IS NOT NULL));
ALTER TABLE notify.notification_recipient ADD CONSTRAINT notification_recipient_ordinal_valid CHECK (ordinal >= 0);
ALTER TABLE notify.notification_recipient ADD CONSTRAINT notification_recipient_status_known CHECK (status = ANY (ARRAY['SENT'::text, 'DEAD'::text]));
ALTER TABLE notify.notification_recipient ADD CONSTRAINT notification_recipient_pkey PRIMARY KEY (notification_id, ordinal);
ALTER TABLE notify.notification_rule ADD CONSTRAINT notification_rule_cron_fields CHECK (cron ~ '^\S+(\s+\S+){4}$'::text);
ALTER TABLE notify.notification_rule ADD CONSTRAINT notification_rule_payload_object CHECK (jsonb_typeof(payload) = 'object'::text);
ALTER TABLE notify.notification_rule ADD CONSTRAINT notification_rule_recipients_valid CHECK (notify.valid_recipients(recipients));
ALTER TABLE notify.notification_rule ADD CONSTRAINT notification_rule_pkey PRIMARY KEY (id);
ALTER TABLE notify.notification_rule ADD CONSTRAINT notification_rule_name_unique UNIQUE (enterprise_id, name);
ALTER TABLE notify.notification_template ADD CONSTRAINT notification_template_channel_known CHECK (channel = ANY (ARRAY['email'::text, 'sms'::text, 'push'::text, 'in_app'::text, 'chat'::text]));
ALTER TABLE notify.notification_template ADD CONSTRAINT notification_template_pkey PRIMARY KEY (id);
ALTER TABLE notify.notification_template ADD CONSTRAINT notification_template_unique UNIQUE NULLS NOT DISTINCT (enterprise_id, key, channel, locale);
ALTER TABLE notify.notification_workflow ADD CONSTRAINT notification_workflow_channels_known CHECK (channels <@ ARRAY['email'::text, 'sms'::text, 'push'::text, 'in_app'::text, 'chat'::text]);
ALTER TABLE notify.notification_workflow ADD CONSTRAINT notification_workflow_schema_object CHECK (jsonb_typeof(payload_schema) = 'object'::text);
ALTER TABLE notify.notification_workflow ADD CONSTRAINT notification_workflow_pkey PRIMARY KEY (workflow);
ALTER TABLE notify.sending_pause ADD CONSTRAINT sending_pause_one_row CHECK (id);
ALTER TABLE notify.sending_pause ADD CONSTRAINT sending_pause_reason_when_paused CHECK (paused_until IS NULL OR reason IS NOT NULL);
ALTER TABLE notify.sending_pause ADD CONSTRAINT sending_pause_pkey PRIMARY KEY (id);

CREATE INDEX lease_until ON notify.lease USING btree (until);
CREATE INDEX notification_dead ON notify.notification USING btree (id) WHERE (queue = 'dead'::text);
CREATE INDEX notification_failed ON notify.notification USING btree (enterprise_id, next_attempt_at, id) WHERE (queue = 'failed'::text);
CREATE INDEX notification_new ON notify.notification USING btree (enterprise_id, notify.queue_position(created_at, priority), id) WHERE (queue = 'new'::text);
CREATE INDEX notification_scheduled ON notify.notification USING btree (enterprise_id, scheduled_for, id) WHERE (queue = 'scheduled'::text);
CREATE INDEX notification_waiting_batch ON notify.notification USING btree (batch_id) WHERE ((queue = ANY (ARRAY['new'::text, 'scheduled'::text, 'failed'::text])) AND (batch_id IS NOT NULL));

CREATE VIEW notify.recipient_outcome WITH (security_invoker=true) AS
 SELECT notification_recipient.notification_id,
    notification_recipient.ordinal,
    notification_recipient.transaction_id,
    notification_recipient.status,
    notification_recipient.error,
    notification_recipient.at
   FROM notify.notification_recipient
UNION ALL
 SELECT notification.id AS notification_id,
    0 AS ordinal,
    ((notification.enterprise_id || ':'::text) || notification.transaction_id) || ':0'::text AS transaction_id,
    notification.status,
    notification.error,
    COALESCE(notification.sent_at, notification.updated_at) AS at
   FROM notify.notification
  WHERE (notification.status = ANY (ARRAY['SENT'::text, 'DEAD'::text])) AND jsonb_array_length(notification.recipients) = 1;
CREATE VIEW notify.sending_gate WITH (security_invoker=true) AS
 SELECT id,
    paused_until AS closed_until,
    reason,
    needs_person,
    breaker_opens AS trips,
    since,
    probe_until AS trial_until
   FROM notify.sending_pause;
CREATE VIEW notify.timeline WITH (security_invoker=true) AS
 SELECT notification_id,
    id,
    at,
    lag(to_status) OVER (PARTITION BY notification_id ORDER BY id) AS from_status,
    to_status,
    attempt,
        CASE
            WHEN worker ~~ 'xnovu-claim-%'::text THEN worker
            ELSE 'xnovu-session-'::text || worker
        END AS temporal_workflow_id,
    worker,
    error
   FROM ( SELECT notification.id AS notification_id,
            0::bigint AS id,
            notification.created_at AS at,
            'PENDING'::text AS to_status,
            0::smallint AS attempt,
            NULL::text AS worker,
            NULL::text AS error
           FROM notify.notification
        UNION ALL
         SELECT notification_event.notification_id,
            notification_event.id * 2,
            notification_event.claimed_at,
            'PROCESSING'::text,
            notification_event.claim_attempt,
            notification_event.worker,
            NULL::text
           FROM notify.notification_event
          WHERE notification_event.from_status = 'PROCESSING'::text
        UNION ALL
         SELECT notification_event.notification_id,
            notification_event.id * 2 + 1,
            notification_event.at,
            notification_event.to_status,
            notification_event.attempt,
                CASE
                    WHEN notification_event.from_status = 'PROCESSING'::text THEN notification_event.worker
                    ELSE NULL::text
                END AS "case",
            notification_event.error
           FROM notify.notification_event
          WHERE notification_event.to_status <> 'PROCESSING'::text
        UNION ALL
         SELECT notification.id,
            '9223372036854775807'::bigint,
            notification.updated_at,
            'PROCESSING'::text,
            notification.attempts,
            notification.lease_owner,
            NULL::text
           FROM notify.notification
          WHERE notification.status = 'PROCESSING'::text) entry;

CREATE TRIGGER after_delete AFTER DELETE ON notify.notification REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION notify.after_delete();
CREATE TRIGGER after_insert AFTER INSERT ON notify.notification REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION notify.after_insert();
CREATE TRIGGER after_truncate AFTER TRUNCATE ON notify.notification FOR EACH STATEMENT EXECUTE FUNCTION notify.after_truncate();
CREATE TRIGGER after_update AFTER UPDATE ON notify.notification REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION notify.after_update();
CREATE TRIGGER check_content BEFORE INSERT OR UPDATE OF enterprise_id, workflow, recipients, payload, overrides, channels, priority, transaction_id, traceparent ON notify.notification FOR EACH ROW EXECUTE FUNCTION notify.check_content();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON notify.notification FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id) EXECUTE FUNCTION notify.refuse_new_content();
CREATE TRIGGER refuse_new_content BEFORE UPDATE OF enterprise_id, workflow, recipients, payload, overrides, channels, transaction_id ON notify.notification FOR EACH ROW WHEN ((old.status <> 'PENDING'::text OR old.attempts > 0 OR old.batch_id IS NOT NULL) AND (old.enterprise_id IS DISTINCT FROM new.enterprise_id OR old.workflow IS DISTINCT FROM new.workflow OR old.recipients IS DISTINCT FROM new.recipients OR old.payload IS DISTINCT FROM new.payload OR old.overrides IS DISTINCT FROM new.overrides OR old.channels IS DISTINCT FROM new.channels OR old.transaction_id IS DISTINCT FROM new.transaction_id)) EXECUTE FUNCTION notify.refuse_new_content();
CREATE TRIGGER keep_events BEFORE DELETE OR UPDATE ON notify.notification_event FOR EACH ROW EXECUTE FUNCTION notify.keep_events();
CREATE TRIGGER keep_events_whole BEFORE TRUNCATE ON notify.notification_event FOR EACH STATEMENT EXECUTE FUNCTION notify.keep_events();
CREATE TRIGGER notify_sending_pause AFTER UPDATE ON notify.sending_pause FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION notify.notify_sending_pause();

CREATE POLICY producers_insert ON notify.notification FOR INSERT WITH CHECK ((CURRENT_USER <> ALL (ARRAY['anon'::name, 'authenticated'::name])));

REVOKE ALL ON FUNCTION notify.after_delete() FROM PUBLIC;
REVOKE ALL ON FUNCTION notify.after_insert() FROM PUBLIC;
REVOKE ALL ON FUNCTION notify.after_truncate() FROM PUBLIC;
REVOKE ALL ON FUNCTION notify.after_update() FROM PUBLIC;
REVOKE ALL ON FUNCTION notify.check_content() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify.content_fault(notify.notification) TO PUBLIC;
REVOKE ALL ON FUNCTION notify.enqueue(text,text,jsonb,jsonb,text,timestamp with time zone,integer,jsonb,text[],text,text[],integer,text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify.expired_ids() TO PUBLIC;
REVOKE ALL ON FUNCTION notify.is_legal_change(text,text) FROM PUBLIC;
REVOKE ALL ON FUNCTION notify.keep_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify.new_transaction_id() TO PUBLIC;
REVOKE ALL ON FUNCTION notify.notify_sending_pause() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify.queue_position(timestamp with time zone,smallint) TO PUBLIC;
REVOKE ALL ON FUNCTION notify.refuse_new_content() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify.valid_recipient(jsonb) TO PUBLIC;
GRANT EXECUTE ON FUNCTION notify.valid_recipients(jsonb) TO PUBLIC;

COMMENT ON COLUMN notify.notification.batch_id IS 'The bulk call the row was put in; kept while its reply is unknown, so that a retry repeats the same call under the same idempotency key, and once it is sent';
COMMENT ON COLUMN notify.notification.lease_token IS 'Fencing token of the claim that holds the row: every write of a worker names it';
COMMENT ON COLUMN notify.notification.queue IS 'What the row waits in: new, scheduled, failed or dead; NULL while it is processed and once it is sent or retracted. The indexes ask for this, never for status';
COMMENT ON COLUMN notify.notification.traceparent IS 'W3C trace context of the producer (https://www.w3.org/TR/trace-context/), or NULL';
COMMENT ON COLUMN notify.notification_event.worker IS 'The worker whose session held the row, or the Temporal workflow that delivers a notification with many recipients';
COMMENT ON COLUMN notify.notification_recipient.ordinal IS 'Position in notification.recipients, from 0';
COMMENT ON COLUMN notify.sending_pause.breaker_opens IS 'How often in a row the circuit breaker opened since a call last succeeded; above 0 and not paused, the breaker is half-open';
COMMENT ON COLUMN notify.sending_pause.probe_until IS 'While the breaker is half-open: when the probe that one worker sends counts as lost; NULL while none is sent';
COMMENT ON TABLE notify.lease IS 'Claims under way and the ids of their rows: the rescue loop uses it to find the rows of a worker that stopped responding';
COMMENT ON TABLE notify.notification IS 'A notification that a producer asks for; INSERT here or call notify.enqueue()';
COMMENT ON TABLE notify.notification_event IS 'What the timeline is made of: read notify.timeline';
COMMENT ON TABLE notify.sending_gate IS 'Deprecated name of notify.sending_pause, kept for one release';
COMMENT ON TABLE notify.sending_pause IS 'One row, shared by all workers: until when sending is paused, because Novu limits the rate, refuses the key, or does not respond';

COMMENT ON FUNCTION notify.enqueue(text,text,jsonb,jsonb,text,timestamp with time zone,integer,jsonb,text[],text,text[],integer,text) IS 'Asks for a notification and returns its id; idempotent per (enterprise_id, transaction_id)';
