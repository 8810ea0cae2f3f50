-- No state change. $1 status, $2 enterprise, $3 workflow, $4 limit, $5 only ids below (paging); NULL: any.
SELECT id, enterprise_id, workflow, jsonb_array_length(recipients) AS recipients, status, attempts, max_attempts, priority,
       scheduled_for, next_attempt_at, sent_at, created_at, transaction_id, error
FROM notify.notification
WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR enterprise_id = $2) AND ($3::text IS NULL OR workflow = $3)
  AND ($5::bigint IS NULL OR id < $5)
  -- The same as the status says, in the words of the indexes: few rows among millions of old ones are found without reading those.
  AND CASE $1::text WHEN 'DEAD' THEN queue = 'dead' WHEN 'FAILED' THEN queue = 'failed'
        WHEN 'PROCESSING' THEN id = ANY (ARRAY(SELECT unnest(ids) FROM notify.lease)) ELSE true END
ORDER BY id DESC LIMIT $4
