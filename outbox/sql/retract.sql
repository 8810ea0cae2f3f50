-- PENDING | FAILED | DEAD -> RETRACTED. :id of :enterprise_id (NULL: any). A row in PROCESSING may have reached Novu already and is left alone.
UPDATE notify.notification
SET status = 'RETRACTED', next_attempt_at = NULL, batch_id = NULL, updated_at = now()
WHERE id = :id::bigint AND (:enterprise_id::text IS NULL OR enterprise_id = :enterprise_id) AND status IN ('PENDING', 'FAILED', 'DEAD')
RETURNING id
