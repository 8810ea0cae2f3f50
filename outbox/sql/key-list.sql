-- No state change. The keys of :enterprise_id (NULL: any).
SELECT id, enterprise_id, name, created_at, last_used_at, revoked_at FROM notify.api_key
WHERE :enterprise_id::text IS NULL OR enterprise_id = :enterprise_id
ORDER BY enterprise_id, id
