-- Up Migration

-- Standard words in the names, messages and comments of functions, and one place for what the triggers on UPDATE and DELETE share.

-- contract: only notify.check_content, replaced below in the same transaction, calls it
ALTER FUNCTION notify.content_fault(notify.notification) RENAME TO violated_constraint;
CREATE OR REPLACE FUNCTION notify.violated_constraint(n notify.notification) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- NULL passes, as in a CHECK. Length and characters are checked separately: a counted repetition such as {1,200} takes forty times as long.
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
CREATE OR REPLACE FUNCTION notify.check_content() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  violated text := notify.violated_constraint(NEW);
BEGIN
  IF violated IS NOT NULL THEN
    RAISE EXCEPTION 'new row for relation "notification" violates check constraint "%"', violated
      USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'notify', TABLE = 'notification';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION notify.refuse_new_content() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the content of notification % can no longer change: it is % after % attempts', OLD.id, OLD.status, OLD.attempts
    USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_content_fixed', HINT = 'Retract it and insert a new one.';
END $$;

-- Subtracts rows from leases and deletes the leases that hold none any more. Returns the leases that it locked. A lease that another transaction has
-- locked is skipped: a transaction that stays open over one row must not block the others of its claim. A skipped lease counts too many rows, or ends
-- at another time than its rows, for at most the length of a lease; the rescue loop reads the rows themselves.
-- It runs with the settings of the trigger that calls it, enable_nestloop = off among them.
CREATE FUNCTION notify.subtract_from_leases(tokens uuid[], counts bigint[]) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
  locked uuid[] := ARRAY(SELECT l.token FROM notify.lease l WHERE l.token = ANY (tokens) FOR UPDATE SKIP LOCKED);
BEGIN
  WITH less AS (
    SELECT token, rows FROM unnest(tokens, counts) AS b (token, rows) WHERE token = ANY (locked) AND rows > 0
  ), ended AS (
    DELETE FROM notify.lease l USING less WHERE l.token = less.token AND l.open <= less.rows
  )
  UPDATE notify.lease l SET open = l.open - less.rows FROM less WHERE l.token = less.token AND l.open > less.rows;
  RETURN locked;
END $$;
-- contract: new here, and only triggers call it
REVOKE ALL ON FUNCTION notify.subtract_from_leases(uuid[], bigint[]) FROM PUBLIC;

-- The plan of a transition table's join is cached from whatever size came first: without nested loops it stays linear at any size.
CREATE OR REPLACE FUNCTION notify.after_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
DECLARE
  -- The leases that lose or renew some of these rows, and how many rows each loses.
  tokens uuid[];
  counts bigint[];
  locked uuid[];
  held boolean;
  waits boolean;
BEGIN
  -- A claim and nothing else: the timeline records it when it ends, and no join is needed to know its rows.
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
      -- An illegal claim is recorded at once, so that the CHECK refuses it. A new token with the same status is a rescue.
      THEN o.lease_token IS DISTINCT FROM n.lease_token AND o.status NOT IN ('PENDING', 'FAILED')
      ELSE o.status <> n.status END;

  SELECT bool_or(status = 'PROCESSING'), bool_or(status = 'PENDING') INTO held, waits FROM after;
  IF held THEN
    -- A change of other columns does not touch the lease.
    SELECT array_agg(token), array_agg(rows) INTO tokens, counts
      FROM (SELECT o.lease_token AS token, count(*) FILTER (WHERE o.lease_token IS DISTINCT FROM n.lease_token) AS rows
            FROM before o JOIN after n USING (id)
            WHERE o.lease_token IS NOT NULL AND (o.lease_token, o.lease_until) IS DISTINCT FROM (n.lease_token, n.lease_until)
            GROUP BY o.lease_token) AS b;
  ELSE
    SELECT array_agg(token), array_agg(rows) INTO tokens, counts
      FROM (SELECT lease_token AS token, count(*) AS rows FROM before WHERE lease_token IS NOT NULL GROUP BY lease_token) AS b;
  END IF;
  IF tokens IS NOT NULL THEN
    locked := notify.subtract_from_leases(tokens, counts);
  END IF;
  IF held THEN
    WITH change AS MATERIALIZED (
      SELECT n.id, o.lease_token AS from_token, n.lease_token AS token, n.lease_owner AS owner, n.lease_until AS until
      FROM before o JOIN after n USING (id) WHERE (o.lease_token, o.lease_until) IS DISTINCT FROM (n.lease_token, n.lease_until)
    ), renewed AS (
      -- The earliest end of all its rows, since only some of them may have been renewed.
      UPDATE notify.lease l
      SET until = coalesce((SELECT min(n.lease_until) FROM notify.notification n WHERE n.id = ANY (l.ids) AND n.lease_token = l.token), l.until)
      WHERE l.token = ANY (locked) AND l.token IN (SELECT token FROM change WHERE token = from_token)
    )
    INSERT INTO notify.lease AS l (token, owner, until, open, ids)
      SELECT token, max(owner), min(until), count(*), array_agg(id) FROM change WHERE token <> from_token OR from_token IS NULL
      GROUP BY token HAVING token IS NOT NULL
    ON CONFLICT (token) DO UPDATE SET until = least(l.until, excluded.until), open = l.open + excluded.open, ids = l.ids || excluded.ids;
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
END $$;

CREATE OR REPLACE FUNCTION notify.after_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tokens uuid[];
  counts bigint[];
BEGIN
  DELETE FROM notify.notification_recipient r USING deleted d WHERE r.notification_id = d.id;
  DELETE FROM notify.notification_event e USING deleted d WHERE e.notification_id = d.id;
  SELECT array_agg(token), array_agg(rows) INTO tokens, counts
    FROM (SELECT lease_token AS token, count(*) AS rows FROM deleted WHERE lease_token IS NOT NULL GROUP BY lease_token) AS b;
  IF tokens IS NOT NULL THEN
    PERFORM notify.subtract_from_leases(tokens, counts);
  END IF;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION notify.enqueue IS 'Enqueues a notification and returns its id; idempotent per (enterprise_id, transaction_id)';
COMMENT ON TABLE notify.notification IS 'A notification of a producer; INSERT here or call notify.enqueue()';
COMMENT ON TABLE notify.notification_event IS 'The changes of state that the view notify.timeline shows';
COMMENT ON COLUMN notify.notification.queue IS 'What the row waits in: new, scheduled, failed or dead; NULL while it is processed and once it is sent or retracted. The indexes use this column, never status';

-- Down Migration

COMMENT ON COLUMN notify.notification.queue IS 'What the row waits in: new, scheduled, failed or dead; NULL while it is processed and once it is sent or retracted. The indexes ask for this, never for status';
COMMENT ON TABLE notify.notification_event IS 'What the timeline is made of: read notify.timeline';
COMMENT ON TABLE notify.notification IS 'A notification that a producer asks for; INSERT here or call notify.enqueue()';
COMMENT ON FUNCTION notify.enqueue IS 'Asks for a notification and returns its id; idempotent per (enterprise_id, transaction_id)';

CREATE OR REPLACE FUNCTION notify.after_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

CREATE OR REPLACE FUNCTION notify.after_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
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
END $$;

DROP FUNCTION notify.subtract_from_leases(uuid[], bigint[]);

CREATE OR REPLACE FUNCTION notify.refuse_new_content() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the content of notification % is fixed since it is % after % attempts', OLD.id, OLD.status, OLD.attempts
    USING ERRCODE = 'check_violation', CONSTRAINT = 'notification_content_fixed', HINT = 'Retract it and insert a new one.';
END $$;

ALTER FUNCTION notify.violated_constraint(notify.notification) RENAME TO content_fault;
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
CREATE OR REPLACE FUNCTION notify.check_content() RETURNS trigger
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
