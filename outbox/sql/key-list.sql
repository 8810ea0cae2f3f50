-- No state change. $1 enterprise (NULL: any).
SELECT id, enterprise_id, name, created_at, last_used_at, revoked_at FROM notify.api_key
WHERE $1::text IS NULL OR enterprise_id = $1
ORDER BY enterprise_id, id
