-- Gives a row of `n` to a claim and counts the attempt. :token, :owner, :lease_ms.
attempts = n.attempts + 1, lease_token = :token::uuid, lease_owner = :owner, lease_until = now() + :lease_ms * interval '1 millisecond', updated_at = now()
