// The migrations beside what a Supabase project brings: its roles, its schemas, an event trigger, and `postgres` that is no superuser.
import type pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type PrivatePostgres, privatePostgres } from "../test/support/servers.ts";
import { addressOf, errorOf, rowsOf, withClient } from "./database.fixture.ts";
import { migrate, migrateUp } from "./migrate.ts";

const versions = ["15", "18"] as const;
const servers: PrivatePostgres[] = [];

test.before(async () => {
  servers.push(...(await Promise.all(versions.map((version) => privatePostgres(version)))));
});
test.after(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

/** As Supabase sets a project up, as far as the migrations can meet it. The embedded superuser plays supabase_admin's part. */
const project = `
  CREATE ROLE owner LOGIN CREATEROLE CREATEDB PASSWORD 'pw';
  CREATE ROLE anon NOLOGIN NOINHERIT;
  CREATE ROLE authenticated NOLOGIN NOINHERIT;
  CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
  CREATE ROLE supabase_admin NOLOGIN;
  CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'pw';
  GRANT anon, authenticated, service_role TO authenticator;
  CREATE ROLE producer LOGIN PASSWORD 'pw';
  CREATE ROLE inserter LOGIN PASSWORD 'pw'`;

const schemas = `
  CREATE SCHEMA auth; CREATE SCHEMA storage; CREATE SCHEMA realtime; CREATE SCHEMA extensions; CREATE SCHEMA graphql_public;
  CREATE TABLE auth.users (id uuid PRIMARY KEY, email text); INSERT INTO auth.users VALUES (gen_random_uuid(), 'a@b.c');
  CREATE TABLE storage.objects (id int PRIMARY KEY, name text);
  CREATE TABLE public.profiles (id int PRIMARY KEY); ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
  GRANT USAGE ON SCHEMA public, auth TO anon, authenticated, service_role;
  ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
  ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
  CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
  DECLARE cmd record;
  BEGIN
    FOR cmd IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
      IF cmd.command_tag IN ('CREATE SCHEMA', 'ALTER SCHEMA', 'CREATE TABLE', 'ALTER TABLE', 'CREATE VIEW', 'CREATE FUNCTION', 'CREATE TRIGGER', 'COMMENT')
         AND cmd.schema_name IS DISTINCT FROM 'pg_temp' THEN
        NOTIFY pgrst, 'reload schema';
      END IF;
    END LOOP;
  END $$;
  CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
  GRANT EXECUTE ON FUNCTION extensions.pgrst_ddl_watch() TO PUBLIC; GRANT USAGE ON SCHEMA extensions TO PUBLIC`;

/** Every relation and function outside schema notify, with who may do what to it. */
const everythingElse = `
  SELECT nspname || '.' || relname || ' ' || relkind::text || coalesce(relacl::text, '') AS thing
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname NOT IN ('notify', 'pg_toast', 'pg_catalog', 'information_schema')
  UNION ALL SELECT nspname || '.' || proname || coalesce(proacl::text, '') FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE nspname NOT IN ('notify', 'pg_catalog', 'information_schema')
  UNION ALL SELECT 'schema ' || nspname || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname <> 'notify' AND nspname !~ '^pg_t'
  ORDER BY 1`;

const plainInsert = `INSERT INTO notify.notification (enterprise_id, workflow, recipients) VALUES ('acme', 'email', '["u1", "u2"]')`;
const call = `SELECT notify.enqueue('acme', 'email', '"u1"', '{"a": 1}', 'tx-1') AS id`;

/** Runs `work` in a transaction as a role that PostgREST would switch to, or as the user itself. */
const as = <T>(url: string, user: string, role: string | undefined, work: (client: pg.Client) => Promise<T>) =>
  withClient(addressOf(url, { user, password: "pw" }), async (client) => {
    if (role) await client.query(`SET ROLE ${role}`);
    return work(client);
  });

versions.forEach((version, index) => {
  test(`Postgres ${version}, beside Supabase`, async () => {
    const admin = servers[index]?.url ?? "";
    await rowsOf(admin, project);
    await rowsOf(admin, "CREATE DATABASE project OWNER owner");
    const root = addressOf(admin, { database: "project" });
    await rowsOf(root, schemas);
    const before = await rowsOf(root, everythingElse);
    const owner = addressOf(root, { user: "owner", password: "pw" });

    await migrateUp(owner);
    assert.equal(await rowsOf(root, everythingElse), before, "other schemas are as they were");
    await serviceRoleWorks(root);
    for (const role of ["anon", "authenticated"]) await browserRoleIsKeptOut(root, role);
    await producersWork(root);
    await ownerWorks(owner);

    await migrate(owner, { direction: "down", count: Number.POSITIVE_INFINITY });
    assert.equal(await rowsOf(root, everythingElse), before, "and still when all is taken back");
  });
});

async function serviceRoleWorks(root: string): Promise<void> {
  await as(root, "authenticator", "service_role", async (client) => {
    assert.is((await client.query(`${plainInsert} RETURNING id`)).rowCount, 1);
    const { rows } = await client.query<{ id: string }>(call);
    assert.equal((await client.query(call)).rows, rows);
    assert.is((await client.query("SELECT FROM notify.notification")).rowCount, 2);
    assert.is((await client.query("SELECT FROM notify.timeline")).rowCount, 2);
    assert.is((await client.query("SELECT notify.expired_ids() FROM notify.lease")).rowCount, 0);
  });
}

async function browserRoleIsKeptOut(root: string, role: string): Promise<void> {
  const attempts = [
    "SELECT * FROM notify.notification",
    "SELECT * FROM notify.timeline",
    "SELECT * FROM notify.api_key",
  ];
  for (const text of [...attempts, plainInsert, call, "DELETE FROM notify.notification"]) {
    const error = await errorOf(as(root, "authenticator", role, (client) => client.query(text)));
    assert.is(error.code, "42501", `${role}: ${text}: ${error.message}`);
  }
  // A second barrier, in case a role is granted too much.
  await rowsOf(root, `GRANT USAGE ON SCHEMA notify TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA notify TO ${role}`);
  await as(root, "authenticator", role, async (client) => {
    assert.is((await client.query("SELECT FROM notify.notification")).rowCount, 0);
    assert.is((await client.query("SELECT FROM notify.timeline")).rowCount, 0);
    assert.is((await client.query("UPDATE notify.notification SET priority = 1")).rowCount, 0);
    assert.is((await errorOf(client.query(plainInsert))).code, "42501");
    assert.is((await errorOf(client.query(call))).code, "42501");
  });
  await rowsOf(
    root,
    `REVOKE ALL ON ALL TABLES IN SCHEMA notify FROM ${role}; REVOKE USAGE ON SCHEMA notify FROM ${role}`,
  );
}

async function producersWork(root: string): Promise<void> {
  await rowsOf(
    root,
    "GRANT USAGE ON SCHEMA notify TO producer, inserter; GRANT EXECUTE ON FUNCTION notify.enqueue TO producer",
  );
  await rowsOf(root, "GRANT INSERT ON notify.notification TO producer, inserter");
  await as(root, "producer", undefined, async (client) => {
    const [one, again] = [await client.query(call), await client.query(call)];
    assert.equal(again.rows, one.rows, "the function finds what the producer itself may not read");
  });
  for (const user of ["producer", "inserter"])
    await as(root, user, undefined, async (client) => {
      assert.is((await client.query(plainInsert)).rowCount, 1);
      assert.is((await errorOf(client.query(plainInsert.replace('["u1", "u2"]', "[]")))).code, "23514");
      assert.is((await errorOf(client.query("SELECT FROM notify.notification"))).code, "42501");
      assert.is((await errorOf(client.query("UPDATE notify.notification SET priority = 1"))).code, "42501");
    });
  assert.is((await errorOf(as(root, "inserter", undefined, (client) => client.query(call)))).code, "42501");
  await rowsOf(
    root,
    "REVOKE ALL ON SCHEMA notify FROM producer, inserter; REVOKE ALL ON notify.notification FROM producer, inserter",
  );
  await rowsOf(root, "REVOKE ALL ON FUNCTION notify.enqueue FROM producer");
}

/** The worker connects as the owner: row security does not bind it. */
async function ownerWorks(owner: string): Promise<void> {
  const rows = await rowsOf(owner, "SELECT status, count(*)::int AS count FROM notify.notification GROUP BY status");
  assert.equal(rows, [{ status: "PENDING", count: 4 }]);
}

test.run();
