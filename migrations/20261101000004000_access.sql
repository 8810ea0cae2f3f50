-- Up Migration

-- Least privilege. Beside Supabase, its server-side role may work with the schema; `anon` and `authenticated`, whose keys are in
-- browsers, may not: row security is on and no policy lets them in. The owner, whom the worker connects as, is not bound by it.
--
-- A producer of its own role needs, to call the function:  GRANT USAGE ON SCHEMA notify, EXECUTE ON FUNCTION notify.enqueue
-- and for a plain INSERT:                                  GRANT USAGE ON SCHEMA notify, INSERT ON notify.notification

REVOKE ALL ON ALL TABLES IN SCHEMA notify FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA notify FROM PUBLIC;
-- What checks a new row, and its index, run with the rights of whoever inserts. They read nothing but their argument.
GRANT EXECUTE ON FUNCTION notify.valid_recipient(jsonb), notify.valid_recipients(jsonb), notify.content_fault(notify.notification),
  notify.queue_position(timestamptz, smallint), notify.new_transaction_id() TO PUBLIC;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['notification', 'notification_recipient', 'notification_event', 'notification_workflow', 'notification_template',
                              'notification_rule', 'notification_category', 'notification_priority', 'api_key', 'sending_gate'] LOOP
    EXECUTE format('ALTER TABLE notify.%I ENABLE ROW LEVEL SECURITY', name);
  END LOOP;
  -- For roles that were granted INSERT; the two of the browsers stay out even if somebody grants it to them.
  CREATE POLICY producers_insert ON notify.notification FOR INSERT WITH CHECK (current_user NOT IN ('anon', 'authenticated'));
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
    GRANT USAGE ON SCHEMA notify TO service_role;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA notify TO service_role;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA notify TO service_role;
  END IF;
END $$;

-- Down Migration

REVOKE EXECUTE ON FUNCTION notify.valid_recipient(jsonb), notify.valid_recipients(jsonb), notify.content_fault(notify.notification),
  notify.queue_position(timestamptz, smallint), notify.new_transaction_id() FROM PUBLIC;
DROP POLICY producers_insert ON notify.notification;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['notification', 'notification_recipient', 'notification_event', 'notification_workflow', 'notification_template',
                              'notification_rule', 'notification_category', 'notification_priority', 'api_key', 'sending_gate'] LOOP
    EXECUTE format('ALTER TABLE notify.%I DISABLE ROW LEVEL SECURITY', name);
  END LOOP;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
    REVOKE ALL ON ALL TABLES IN SCHEMA notify FROM service_role;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA notify FROM service_role;
    REVOKE USAGE ON SCHEMA notify FROM service_role;
  END IF;
END $$;
