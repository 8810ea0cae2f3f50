-- The login with which KEDA counts due rows. It can do nothing else. Run this once as the owner of the tables, after the migrations:
--   psql "$DATABASE_URL" -v password="$(openssl rand -hex 24)" -f deploy/kubernetes/examples/scaler-login.sql
CREATE ROLE xnovu_scaler LOGIN CONNECTION LIMIT 5 PASSWORD :'password';
ALTER ROLE xnovu_scaler SET statement_timeout = '5s';
ALTER ROLE xnovu_scaler SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA notify TO xnovu_scaler;
-- Three columns: the login can count rows that wait, and cannot read their content.
GRANT SELECT (queue, scheduled_for, next_attempt_at) ON notify.notification TO xnovu_scaler;
CREATE POLICY scaler_counts ON notify.notification FOR SELECT TO xnovu_scaler USING (true);
-- The end of the sending pause: while sending is paused, more workers would only wait.
GRANT SELECT (paused_until) ON notify.sending_pause TO xnovu_scaler;
CREATE POLICY scaler_looks ON notify.sending_pause FOR SELECT TO xnovu_scaler USING (true);
