-- No state change. The key with this :sha256, unless it is revoked. The time of its last use is written at most once a minute.
WITH found AS (
  SELECT id, enterprise_id, name FROM notify.api_key WHERE key_sha256 = :sha256 AND revoked_at IS NULL
), used AS (
  UPDATE notify.api_key k SET last_used_at = now() FROM found
  WHERE k.id = found.id AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute')
)
SELECT id, enterprise_id, name FROM found
