-- A key -> revoked. $1 id.
UPDATE notify.api_key SET revoked_at = now() WHERE id = $1::bigint AND revoked_at IS NULL RETURNING id, enterprise_id, name
