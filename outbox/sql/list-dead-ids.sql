-- No state change. $1 limit, $2 enterprise (NULL: any).
SELECT id FROM notify.notification WHERE queue = 'dead' AND ($2::text IS NULL OR enterprise_id = $2) ORDER BY id LIMIT $1
