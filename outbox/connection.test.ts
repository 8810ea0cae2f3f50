import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PrivatePostgres, privatePostgres } from "../test/support/servers.ts";
import { openClient } from "./connection.ts";
import { emptyDatabase, rowsOf } from "./database.fixture.ts";
import { createPool } from "./pool.ts";

const test = suite("connection");
let server: PrivatePostgres;
test.before(async () => {
  server = await privatePostgres();
});
test.after(() => server.close());

/** What a company sets for a whole database, and what a connection of XNovu has all the same. */
const defaults: readonly (readonly [set: string, show: string, expected: string])[] = [
  ["DateStyle = 'German, DMY'", "DateStyle", "ISO, YMD"],
  ["IntervalStyle = 'iso_8601'", "IntervalStyle", "postgres"],
  ["TimeZone = 'Asia/Shanghai'", "TimeZone", "UTC"],
  ["default_transaction_isolation = 'serializable'", "transaction_isolation", "read committed"],
  ["search_path = 'nowhere'", "search_path", "pg_catalog, pg_temp"],
  ["idle_session_timeout = '1s'", "idle_session_timeout", "0"],
  ["idle_in_transaction_session_timeout = '1s'", "idle_in_transaction_session_timeout", "0"],
  ["lock_timeout = '1ms'", "lock_timeout", "0"],
  ["statement_timeout = '1ms'", "statement_timeout", "15s"],
  ["standard_conforming_strings = off", "standard_conforming_strings", "on"],
  ["bytea_output = 'escape'", "bytea_output", "hex"],
  ["extra_float_digits = 0", "extra_float_digits", "1"],
];

test("settings of the database, role or server do not reach a connection that relies on others", async () => {
  const { url, drop } = await emptyDatabase(server.url);
  const name = new URL(url).pathname.slice(1);
  for (const [set] of defaults) await rowsOf(server.url, `ALTER DATABASE ${name} SET ${set}`);
  const options = { url, statementTimeoutMs: 15_000, name: "test" };
  const pool = createPool({ ...options, poolSize: 1 });
  const client = await openClient(options);
  try {
    for (const connection of [pool, client])
      for (const [, show, expected] of defaults) {
        const { rows } = await connection.query<{ value: string }>("SELECT current_setting($1) AS value", [show]);
        assert.is(rows[0]?.value, expected, show);
      }
    const { rows } = await pool.query<{ at: Date }>("SELECT timestamptz '2026-02-01 10:00:00+00' AS at");
    assert.is(rows[0]?.at.toISOString(), "2026-02-01T10:00:00.000Z");
  } finally {
    await client.end();
    await pool.end();
    await drop();
  }
});

/** A certificate authority, and a certificate for the name localhost. Undefined where there is no openssl. */
function certificates(
  folder: string,
): { readonly ca: string; readonly cert: string; readonly key: string } | undefined {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    openssl("req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Example CA", "-keyout", "ca.key", "-out", "ca.crt");
  } catch {
    return undefined;
  }
  openssl("req", ...newKey, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr");
  writeFileSync(join(folder, "ext"), "subjectAltName=DNS:localhost\n");
  const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext"];
  openssl("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.crt");
  return { ca: join(folder, "ca.crt"), cert: join(folder, "server.crt"), key: join(folder, "server.key") };
}

/** Whether a connection was made, and whether it is encrypted; or why it was refused. */
async function outcome(url: string): Promise<string> {
  try {
    const client = await openClient({ url, statementTimeoutMs: 5_000, name: "test" });
    const { rows } = await client.query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    return rows[0]?.ssl ? "encrypted" : "plain";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test("each sslmode means what it means to libpq", async () => {
  const at = (query: string, host = "localhost") => {
    const url = new URL(server.url);
    url.hostname = host;
    return `${url.href}${query}`;
  };
  for (const [query, expected] of [
    ["", "plain"],
    ["?sslmode=disable", "plain"],
    ["?sslmode=allow", "plain"],
    ["?sslmode=prefer", "plain"],
    ["?sslmode=require", "Error: The server does not support SSL connections"],
  ] as const)
    assert.is(await outcome(at(query)), expected, `a server without TLS, ${query || "no sslmode"}`);

  const folder = mkdtempSync(join(tmpdir(), "xnovu-tls-"));
  chmodSync(folder, 0o755);
  try {
    const made = certificates(folder);
    if (made === undefined) return console.log("NOT CHECKED with TLS: there is no openssl to make a certificate with");
    const [data] = await rowsOf<{ folder: string }>(server.url, "SELECT current_setting('data_directory') AS folder");
    const { uid, gid } = statSync(data?.folder ?? "");
    for (const file of [made.cert, made.key]) chownSync(file, uid, gid);
    chmodSync(made.key, 0o600);
    await rowsOf(server.url, `ALTER SYSTEM SET ssl_cert_file = '${made.cert}'`);
    await rowsOf(server.url, `ALTER SYSTEM SET ssl_key_file = '${made.key}'`);
    await rowsOf(server.url, "ALTER SYSTEM SET ssl = on");
    await rowsOf(server.url, "SELECT pg_reload_conf()");
    const root = `sslrootcert=${made.ca}`;
    const untrusted = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
    const table: readonly (readonly [query: string, host: string, expected: string])[] = [
      ["?sslmode=disable", "localhost", "plain"],
      ["?sslmode=prefer", "localhost", "encrypted"],
      ["?sslmode=require", "localhost", "encrypted"],
      ["?sslmode=no-verify", "localhost", "encrypted"],
      [`?sslmode=require&${root}`, "localhost", "encrypted"],
      ["?sslmode=verify-ca", "localhost", untrusted],
      ["?sslmode=verify-full", "localhost", untrusted],
      [`?sslmode=verify-ca&${root}`, "localhost", "encrypted"],
      [`?sslmode=verify-full&${root}`, "localhost", "encrypted"],
      [`?sslmode=verify-ca&${root}`, "127.0.0.1", "encrypted"],
      [`?sslmode=verify-full&${root}`, "127.0.0.1", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ];
    let first = "";
    for (let i = 0; i < 50 && first !== "encrypted"; i++) {
      first = await outcome(at("?sslmode=require"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const [query, host, expected] of table)
      assert.is(await outcome(at(query, host)), expected, `${query} at ${host}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
