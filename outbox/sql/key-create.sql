-- (nothing) -> a key. $1 enterprise, $2 name, $3 SHA-256 of the key.
INSERT INTO notify.api_key (enterprise_id, name, key_sha256) VALUES ($1, $2, $3) RETURNING id
