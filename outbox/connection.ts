import { readFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { type ConnectionOptions, rootCertificates } from "node:tls";
import { Client, type ClientConfig } from "pg";
import { type DatabaseAddress, databaseAddress } from "../core/config/database-url.ts";
import { messageOf, SettingsError } from "../core/errors.ts";

export interface DatabaseConnection {
  readonly url: string;
  /** Milliseconds; 0 for none, as a migration needs. */
  readonly statementTimeoutMs: number;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly connectTimeoutMs?: number;
}

/**
 * What a connection of XNovu relies on, whatever the role, the database or the server's configuration set. As statements, not as startup
 * parameters, which PgBouncer refuses (`unsupported startup parameter`).
 */
const sessionSettings = (statementTimeoutMs: number): Readonly<Record<string, string>> => ({
  statement_timeout: `${statementTimeoutMs}`,
  lock_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  // The pool and the listener keep idle connections on purpose.
  idle_session_timeout: "0",
  // SKIP LOCKED and the conditions on lease tokens are made for this level: above it, concurrent claims fail with 40001.
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
  search_path: "pg_catalog, pg_temp",
  // node-postgres parses these forms only.
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  standard_conforming_strings: "on",
  extra_float_digits: "1",
});

/** One statement, so that it costs one round trip. */
export const sessionSql = (statementTimeoutMs: number): string =>
  `SELECT ${Object.entries(sessionSettings(statementTimeoutMs))
    .map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`)
    .join(", ")}`;

/** Settings of one connection. Each limit is there because without it a half-open network or a frozen server waits without end. */
export function clientConfig({ url, statementTimeoutMs, name, connectTimeoutMs = 5_000 }: DatabaseConnection) {
  const address = addressOf(url);
  return {
    host: address.host,
    port: address.port,
    ...(address.user === undefined ? {} : { user: address.user }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.database === undefined ? {} : { database: address.database }),
    ssl: address.host.startsWith("/") ? false : tlsOf(address),
    application_name: name,
    connectionTimeoutMillis: connectTimeoutMs,
    // The client's own limit, for a server that does not respond at all.
    ...(statementTimeoutMs === 0 ? {} : { query_timeout: statementTimeoutMs + 2_000 }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  } satisfies ClientConfig;
}

/** A connected client of its own, with XNovu's session settings. The caller ends it. */
export async function openClient(options: DatabaseConnection, config: ClientConfig = {}): Promise<Client> {
  const client = new (clientClass(options.url))({ ...clientConfig(options), ...config });
  // The query under way reports a lost connection. Without a listener this event would end the process.
  client.on("error", () => undefined);
  await client.connect();
  await client.query(sessionSql(options.statementTimeoutMs));
  return client;
}

/** The class that pool and clients use: `prefer` and `allow` need a question to the server first. */
export const clientClass = (url: string): typeof Client => {
  const { sslMode, host } = addressOf(url);
  return (sslMode === "prefer" || sslMode === "allow") && !host.startsWith("/") ? PreferTlsClient : Client;
};

function addressOf(url: string): DatabaseAddress {
  const address = databaseAddress(url);
  if (typeof address === "string") throw new SettingsError([`DATABASE_URL is ${address}`]);
  return address;
}

/** TLS as libpq has it. `require` checks the certificate only where an authority is given. Source: PostgreSQL manual, "SSL Support". */
function tlsOf({ sslMode, sslRootCert, sslCert, sslKey }: DatabaseAddress): false | ConnectionOptions {
  if (sslMode === undefined || sslMode === "disable") return false;
  const own = {
    ...(sslCert === undefined ? {} : { cert: pemFile("sslcert", sslCert) }),
    ...(sslKey === undefined ? {} : { key: pemFile("sslkey", sslKey) }),
  };
  const trusted =
    sslRootCert === undefined
      ? {}
      : { ca: sslRootCert === "system" ? [...rootCertificates] : pemFile("sslrootcert", sslRootCert) };
  const verifies =
    sslMode === "verify-full" || sslMode === "verify-ca" || (sslMode === "require" && sslRootCert !== undefined);
  if (!verifies) return { ...own, rejectUnauthorized: false };
  // Below verify-full, the authority counts and the name does not.
  return { ...own, ...trusted, ...(sslMode === "verify-full" ? {} : { checkServerIdentity: () => undefined }) };
}

function pemFile(parameter: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SettingsError([`DATABASE_URL names a file with ${parameter} that cannot be read: ${messageOf(error)}`]);
  }
}

/** What `Client` keeps and its types leave out. */
interface Internals {
  ssl: false | ConnectionOptions;
  connection: { ssl: false | ConnectionOptions };
  readonly host: string;
  readonly port: number;
}

/** Uses TLS where the server offers it, and none where it does not. */
class PreferTlsClient extends Client {
  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | undefined {
    const internals = this as unknown as Internals; // node-postgres reads both when it connects
    const ready = offersTls(internals.host, internals.port).then((offered) => {
      if (!offered) internals.ssl = internals.connection.ssl = false;
    });
    if (callback === undefined) return ready.then(() => super.connect()).then(() => this);
    ready.then(() => super.connect(callback), callback);
    return undefined;
  }
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Whether the server responds to an SSLRequest with "S". Source: PostgreSQL manual, "Message Flow: SSL Session Encryption". */
function offersTls(host: string, port: number, limitMs = 5_000): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, timeout: limitMs });
    socket.once("connect", () => socket.write(sslRequest));
    socket.once("data", (reply) => {
      socket.destroy();
      resolve(reply[0] === 0x53);
    });
    socket.once("error", reject);
    socket.once("timeout", () =>
      socket.destroy(Object.assign(new Error("connection timed out"), { code: "ETIMEDOUT" })),
    );
    socket.once("close", () => reject(new Error("Connection terminated before the server responded")));
  });
}
