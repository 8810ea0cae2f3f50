-- (nothing) -> a key. :enterprise_id, :name, :sha256 of the key.
INSERT INTO notify.api_key (enterprise_id, name, key_sha256) VALUES (:enterprise_id, :name, :sha256) RETURNING id
