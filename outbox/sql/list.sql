-- No state change. :limit notifications, newest first, of a :status, an :enterprise_id and a :workflow, with ids below :before (NULL: any).
SELECT id, enterprise_id, workflow, jsonb_array_length(recipients) AS recipients, status, attempts, max_attempts, priority,
       scheduled_for, next_attempt_at, sent_at, created_at, transaction_id, error
FROM notify.notification
WHERE (:status::text IS NULL OR status = :status) AND (:enterprise_id::text IS NULL OR enterprise_id = :enterprise_id)
  AND (:workflow::text IS NULL OR workflow = :workflow) AND (:before::bigint IS NULL OR id < :before)
  -- The condition on the status again, in terms of the indexes: a few rows among millions of old ones are found without reading those.
  AND CASE :status::text WHEN 'DEAD' THEN queue = 'dead' WHEN 'FAILED' THEN queue = 'failed'
        WHEN 'PROCESSING' THEN id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease)) ELSE true END
ORDER BY id DESC LIMIT :limit
