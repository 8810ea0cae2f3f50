-- Runs once, when the volume is empty. Creates roles and databases for XNovu and Temporal. Neither role is a superuser.
-- The password comes from POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE. psql reads it from its environment, so that it appears in no argument list.
\set ON_ERROR_STOP on
\getenv password POSTGRES_PASSWORD

CREATE ROLE xnovu LOGIN PASSWORD :'password';
CREATE ROLE temporal LOGIN PASSWORD :'password';
CREATE DATABASE xnovu OWNER xnovu;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE xnovu, temporal, temporal_visibility FROM PUBLIC;

-- From here on the superuser can connect only through the container's socket: `docker compose exec database psql -U postgres`.
ALTER ROLE postgres PASSWORD NULL;
