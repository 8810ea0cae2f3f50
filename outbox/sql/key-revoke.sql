-- A key -> revoked. :id.
UPDATE notify.api_key SET revoked_at = now() WHERE id = :id::bigint AND revoked_at IS NULL RETURNING id, enterprise_id, name
