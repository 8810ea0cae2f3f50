-- Up Migration

-- Five tables that no code reads or writes, and what somebody may have written there by hand. They come back with the feature that reads them.
-- contract: no release reads or writes it
DROP TABLE notify.notification_rule;
-- contract: no release reads or writes it
DROP TABLE notify.notification_template;
-- contract: no release reads or writes it
DROP TABLE notify.notification_workflow;
-- contract: no release reads or writes it
DROP TABLE notify.notification_priority;
-- contract: no release reads or writes it
DROP TABLE notify.notification_category;

-- Down Migration

CREATE TABLE notify.notification_category (
  enterprise_id text        NOT NULL,
  key           text        NOT NULL,
  name          text        NOT NULL,
  description   text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (enterprise_id, key)
);

-- Names for the numbers of notification.priority, which stays a plain number: a foreign key would make every producer lock the same few rows.
CREATE TABLE notify.notification_priority (
  priority smallint PRIMARY KEY,
  name     text     NOT NULL,
  CONSTRAINT notification_priority_name_unique UNIQUE (name),
  CONSTRAINT notification_priority_value_range CHECK (priority BETWEEN 0 AND 100)
);
INSERT INTO notify.notification_priority (priority, name) VALUES (25, 'low'), (50, 'normal'), (75, 'high'), (100, 'critical');

CREATE TABLE notify.notification_workflow (
  workflow       text        PRIMARY KEY,
  name           text        NOT NULL,
  channels       text[]      NOT NULL DEFAULT '{}',
  payload_schema jsonb       NOT NULL DEFAULT '{}',
  active         boolean     NOT NULL DEFAULT true,
  synced_at      timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notification_workflow_channels_known CHECK (channels <@ ARRAY['email', 'sms', 'push', 'in_app', 'chat']),
  CONSTRAINT notification_workflow_schema_object CHECK (jsonb_typeof(payload_schema) = 'object')
);

CREATE TABLE notify.notification_template (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- NULL: for every tenant that has none of its own.
  enterprise_id text,
  key           text        NOT NULL,
  channel       text        NOT NULL,
  locale        text        NOT NULL DEFAULT 'en',
  subject       text,
  body          text        NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notification_template_unique UNIQUE NULLS NOT DISTINCT (enterprise_id, key, channel, locale),
  CONSTRAINT notification_template_channel_known CHECK (channel IN ('email', 'sms', 'push', 'in_app', 'chat'))
);

CREATE TABLE notify.notification_rule (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id text        NOT NULL,
  name          text        NOT NULL,
  workflow      text        NOT NULL,
  recipients    jsonb       NOT NULL,
  payload       jsonb       NOT NULL DEFAULT '{}',
  cron          text        NOT NULL,
  timezone      text        NOT NULL DEFAULT 'UTC',
  active        boolean     NOT NULL DEFAULT true,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notification_rule_name_unique UNIQUE (enterprise_id, name),
  CONSTRAINT notification_rule_recipients_valid CHECK (notify.valid_recipients(recipients)),
  CONSTRAINT notification_rule_payload_object CHECK (jsonb_typeof(payload) = 'object'),
  -- Five fields; Temporal judges the rest when the schedule is made.
  CONSTRAINT notification_rule_cron_fields CHECK (cron ~ '^\S+(\s+\S+){4}$')
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['notification_category', 'notification_priority', 'notification_workflow', 'notification_template', 'notification_rule'] LOOP
    EXECUTE format('ALTER TABLE notify.%I ENABLE ROW LEVEL SECURITY', name);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON notify.%I TO service_role', name);
    END IF;
  END LOOP;
END $$;
