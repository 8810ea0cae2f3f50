-- No state change. $1 SHA-256 of a key. The key unless it is revoked; that it was used is written once a minute at the most.
WITH found AS (
  SELECT id, enterprise_id, name FROM notify.api_key WHERE key_sha256 = $1 AND revoked_at IS NULL
), used AS (
  UPDATE notify.api_key k SET last_used_at = now() FROM found
  WHERE k.id = found.id AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute')
)
SELECT id, enterprise_id, name FROM found
