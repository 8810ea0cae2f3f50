-- Up Migration

-- A call whose reply is unknown is repeated whole: rows of its batch wait as FAILED, or as PENDING once a person sent them again or a worker gave them
-- back amid the call. A fresh row has no batch, and so no entry here.
CREATE INDEX notification_waiting_batch ON notify.notification (batch_id) WHERE status IN ('PENDING', 'FAILED') AND batch_id IS NOT NULL;
DROP INDEX notify.notification_failed_batch;

-- Down Migration

CREATE INDEX notification_failed_batch ON notify.notification (batch_id) WHERE status = 'FAILED' AND batch_id IS NOT NULL;
DROP INDEX notify.notification_waiting_batch;
