-- Run once, when the volume is empty: a role and databases of its own for XNovu and for Temporal, neither of them a superuser.
-- The password is POSTGRES_PASSWORD's or of the file that POSTGRES_PASSWORD_FILE names; psql takes it from its environment, so that no argument shows it.
\set ON_ERROR_STOP on
\getenv password POSTGRES_PASSWORD

CREATE ROLE xnovu LOGIN PASSWORD :'password';
CREATE ROLE temporal LOGIN PASSWORD :'password';
CREATE DATABASE xnovu OWNER xnovu;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE xnovu, temporal, temporal_visibility FROM PUBLIC;

-- From here on the superuser comes in by the container's own socket alone: `docker compose exec database psql -U postgres`.
ALTER ROLE postgres PASSWORD NULL;
