-- The rows of these batches that wait and are due, locked. A fresh row has no batch. Arguments: `columns`; `batches`, an array of batch ids.
SELECT {{columns}} FROM notify.notification n
WHERE n.queue IN ('new', 'scheduled', 'failed') AND n.batch_id IS NOT NULL AND n.batch_id = ANY ({{batches}})
  AND coalesce(n.scheduled_for <= now(), true)
FOR UPDATE SKIP LOCKED
