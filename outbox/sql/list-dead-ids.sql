-- No state change. :limit dead letters, oldest first, of :enterprise_id (NULL: any).
SELECT id FROM notify.notification WHERE queue = 'dead' AND (:enterprise_id::text IS NULL OR enterprise_id = :enterprise_id) ORDER BY id LIMIT :limit
