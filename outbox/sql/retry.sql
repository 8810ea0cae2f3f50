-- DEAD | FAILED -> PENDING. :ids of :enterprise_id (NULL: any). A dead letter starts over with all its attempts and with its refused recipients;
-- recipients that were sent to stay settled.
-- A row whose last reply is unknown keeps its batch: rows of one batch that are retried together are the same call.
WITH retried AS (
  UPDATE notify.notification
  SET status = 'PENDING', attempts = CASE WHEN status = 'DEAD' THEN 0 ELSE attempts END, next_attempt_at = NULL, error = NULL,
      max_attempts = CASE WHEN status = 'FAILED' AND attempts >= max_attempts THEN attempts + 1 ELSE max_attempts END, updated_at = now()
  WHERE id = ANY (:ids::bigint[]) AND (:enterprise_id::text IS NULL OR enterprise_id = :enterprise_id) AND status IN ('DEAD', 'FAILED')
  RETURNING id
), refused AS (
  DELETE FROM notify.notification_recipient r USING retried WHERE r.notification_id = retried.id AND r.status = 'DEAD'
)
SELECT id FROM retried
