-- Up Migration

-- The end of a delivery is a change within one page (a heap-only tuple): no entry in any index, half the WAL. Postgres does that where no column that
-- an index holds or asks about has changed. So the indexes ask for the column `queue`, which a claim empties and no outcome fills again unless the row
-- waits once more, and what is leased is found through a small table of its own.
--
-- The table is written anew once (the column is computed for every row), under a lock: on a large one do it in a quiet hour. A worker of the release
-- before goes on beside it, without indexes for its claims, and so slowly where the table is large.

ALTER TABLE notify.notification SET (fillfactor = 60);
-- contract: the same under the same name follows, with its columns in another order
ALTER TABLE notify.notification DROP CONSTRAINT notification_transaction_unique;
DROP INDEX notify.notification_new;
DROP INDEX notify.notification_scheduled;
DROP INDEX notify.notification_failed;
DROP INDEX notify.notification_lease_until;
DROP INDEX notify.notification_waiting_batch;
DROP INDEX notify.notification_dead;
-- Room for the second entry that each row gets with its claim: without it every page is full then, and is searched for entries to throw away.
ALTER INDEX notify.notification_pkey SET (fillfactor = 45);

ALTER TABLE notify.notification ADD COLUMN queue text COLLATE "C" GENERATED ALWAYS AS (
  CASE status
    WHEN 'PENDING' THEN CASE WHEN scheduled_for IS NULL THEN 'new' ELSE 'scheduled' END
    WHEN 'FAILED' THEN 'failed'
    WHEN 'DEAD' THEN 'dead'
  END) STORED;
COMMENT ON COLUMN notify.notification.queue IS 'What the row waits in: new, scheduled, failed or dead; NULL while it is processed and once it is sent or retracted. The indexes ask for this, never for status';

-- The transaction id first: entries of rows that live at the same time lie together over all tenants, and a comparison ends with the first column.
-- contract: the same rule as before
ALTER TABLE notify.notification ADD CONSTRAINT notification_transaction_unique UNIQUE (transaction_id, enterprise_id) WITH (fillfactor = 45);
-- One partial index for each polling query, as before.
CREATE INDEX notification_new ON notify.notification (enterprise_id, notify.queue_position(created_at, priority), id) WHERE queue = 'new';
CREATE INDEX notification_scheduled ON notify.notification (enterprise_id, scheduled_for, id) WHERE queue = 'scheduled';
CREATE INDEX notification_failed ON notify.notification (enterprise_id, next_attempt_at, id) WHERE queue = 'failed';
CREATE INDEX notification_dead ON notify.notification (id) WHERE queue = 'dead';
-- A fresh row has no batch, and so no entry here. A sent one keeps its batch: to empty it would be a change that this index sees.
CREATE INDEX notification_waiting_batch ON notify.notification (batch_id) WHERE queue IN ('new', 'scheduled', 'failed') AND batch_id IS NOT NULL;
COMMENT ON COLUMN notify.notification.batch_id IS 'The bulk call the row was put in; kept while its reply is unknown, so that a retry repeats the same call under the same idempotency key, and once it is sent';

-- One row is one claim, and where to find what it holds: `lease_token` of the rows themselves says whether it still holds them, and `lease_until` for
-- how long. Kept by the trigger below, whoever changes a row.
CREATE TABLE notify.lease (
  token  uuid        PRIMARY KEY,
  owner  text        NOT NULL,
  -- No row that it holds has a lease that ends earlier.
  until  timestamptz NOT NULL,
  -- Rows that it holds still; without one it goes.
  open   integer     NOT NULL,
  -- Rows that it ever held.
  ids    bigint[]    NOT NULL
);
ALTER TABLE notify.lease ALTER COLUMN ids SET STORAGE EXTERNAL;
CREATE INDEX lease_until ON notify.lease (until);
COMMENT ON TABLE notify.lease IS 'Claims under way and the ids of their rows: the sweep finds by it what a worker left behind';
INSERT INTO notify.lease (token, owner, until, open, ids)
  SELECT lease_token, max(lease_owner), min(lease_until), count(*), array_agg(id) FROM notify.notification WHERE lease_token IS NOT NULL GROUP BY lease_token;

ALTER TABLE notify.lease ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON notify.lease TO service_role;
  END IF;
END $$;

-- Ids of rows whose lease may have run out, of as many claims as hold some 20,000: the rows themselves say which of them it has. Where more do, other
-- ones each time, so that those that can only go one at a time do not stand before the rest. In an array, a statement reads them by their key whatever
-- the statistics say.
CREATE FUNCTION notify.expired_ids() RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN ARRAY(
  SELECT unnest(l.ids) FROM (
    SELECT ids, sum(open) OVER (ORDER BY hashtextextended(token::text, (extract(epoch FROM now()) * 1000)::bigint), token) - open AS ahead FROM notify.lease WHERE until < now()) AS l
  WHERE l.ahead < 20000);
-- It runs with the rights of whoever asks, and shows nobody a claim that he may not read: as the functions in access, it is open to all.
GRANT EXECUTE ON FUNCTION notify.expired_ids() TO PUBLIC;

-- The plan of a transition table's join is cached from whatever size came first: without nested loops it stays linear at any size.
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

-- An emptied table holds nothing.
CREATE FUNCTION notify.after_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM notify.lease;
  RETURN NULL;
END $$;
CREATE TRIGGER after_truncate AFTER TRUNCATE ON notify.notification FOR EACH STATEMENT EXECUTE FUNCTION notify.after_truncate();
-- contract: new here, and only a trigger calls it
REVOKE ALL ON FUNCTION notify.after_truncate() FROM PUBLIC;

-- Down Migration

DROP TRIGGER after_truncate ON notify.notification;
DROP FUNCTION notify.after_truncate();
CREATE OR REPLACE FUNCTION notify.after_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM notify.notification_recipient r USING deleted d WHERE r.notification_id = d.id;
  DELETE FROM notify.notification_event e USING deleted d WHERE e.notification_id = d.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION notify.after_update() RETURNS trigger
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
DROP FUNCTION notify.expired_ids();
DROP TABLE notify.lease;
ALTER TABLE notify.notification DROP CONSTRAINT notification_transaction_unique;
-- Its indexes go with it.
ALTER TABLE notify.notification DROP COLUMN queue;
ALTER TABLE notify.notification RESET (fillfactor);
ALTER INDEX notify.notification_pkey RESET (fillfactor);
ALTER TABLE notify.notification ADD CONSTRAINT notification_transaction_unique UNIQUE (enterprise_id, transaction_id);
CREATE INDEX notification_new ON notify.notification (enterprise_id, notify.queue_position(created_at, priority), id)
  WHERE status = 'PENDING' AND scheduled_for IS NULL;
CREATE INDEX notification_scheduled ON notify.notification (enterprise_id, scheduled_for, id) WHERE status = 'PENDING' AND scheduled_for IS NOT NULL;
CREATE INDEX notification_failed ON notify.notification (enterprise_id, next_attempt_at, id) WHERE status = 'FAILED';
CREATE INDEX notification_lease_until ON notify.notification (lease_until) WHERE status = 'PROCESSING';
CREATE INDEX notification_waiting_batch ON notify.notification (batch_id) WHERE status IN ('PENDING', 'FAILED') AND batch_id IS NOT NULL;
CREATE INDEX notification_dead ON notify.notification (id) WHERE status = 'DEAD';
COMMENT ON COLUMN notify.notification.batch_id IS 'The bulk call the row was put in; kept while its reply is unknown, so that a retry repeats the same call under the same idempotency key';
