-- The login by which KEDA counts the rows that are due, and can do nothing else. Run it once as the owner of the tables, after the migrations:
--   psql "$DATABASE_URL" -v password="$(openssl rand -hex 24)" -f deploy/kubernetes/examples/scaler-login.sql
CREATE ROLE xnovu_scaler LOGIN CONNECTION LIMIT 5 PASSWORD :'password';
ALTER ROLE xnovu_scaler SET statement_timeout = '5s';
ALTER ROLE xnovu_scaler SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA notify TO xnovu_scaler;
-- Three columns: it sees that rows wait, not what is in them.
GRANT SELECT (queue, scheduled_for, next_attempt_at) ON notify.notification TO xnovu_scaler;
CREATE POLICY scaler_counts ON notify.notification FOR SELECT TO xnovu_scaler USING (true);
-- And until when all workers wait: a worker more would wait with them.
GRANT SELECT (paused_until) ON notify.sending_pause TO xnovu_scaler;
CREATE POLICY scaler_looks ON notify.sending_pause FOR SELECT TO xnovu_scaler USING (true);
