-- Ends the lease of a row.
lease_token = NULL, lease_owner = NULL, lease_until = NULL, updated_at = now()
