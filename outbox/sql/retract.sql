-- PENDING | FAILED | DEAD -> RETRACTED. $1 id, $2 enterprise (NULL: any). A row in PROCESSING may be with Novu already and is left alone.
UPDATE notify.notification
SET status = 'RETRACTED', next_attempt_at = NULL, batch_id = NULL, updated_at = now()
WHERE id = $1::bigint AND ($2::text IS NULL OR enterprise_id = $2) AND status IN ('PENDING', 'FAILED', 'DEAD')
RETURNING id
