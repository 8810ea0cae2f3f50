/** What XNovu connects to, as libpq reads a connection URI. Source: PostgreSQL manual, "Connection URIs". */
export interface DatabaseAddress {
  /** A name, an IP address without brackets, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly sslMode: SslMode | undefined;
  /** Path of a PEM file with the certificate authorities to trust; "system" for those of the operating system. */
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
}

export const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"] as const;
/** libpq's modes, and node-postgres' own "no-verify": TLS without a check of the certificate, which libpq calls "require". */
export type SslMode = (typeof sslModes)[number];

const example = "postgresql://user:password@host:5432/database";

/** Reads a connection URI. Returns a text that completes "DATABASE_URL is …" where it cannot be used; the text never shows the password. */
export function databaseAddress(text: string): DatabaseAddress | string {
  const scheme = /^postgres(?:ql)?:\/\//.exec(text)?.[0];
  if (scheme === undefined) return `not an address such as ${example}`;
  const rest = text.slice(scheme.length);
  const at = userInfoEnd(rest);
  const problem = userInfoProblem(rest.slice(0, Math.max(at, 0)));
  if (problem !== undefined) return problem;
  const [user, password] = at < 0 ? [] : splitOnce(rest.slice(0, at), ":");
  const { authority, path, query } = splitLocation(rest.slice(at + 1));
  if (authority.includes(","))
    return "a list of several hosts, which is not supported: name the primary, or a proxy that follows it";
  const host = hostOf(authority, query);
  if (host === undefined) return `not an address such as ${example}: the host or the port cannot be read`;
  const sslMode = query.get("sslmode") ?? (query.get("ssl") === "true" ? "require" : undefined);
  if (sslMode !== undefined && !isSslMode(sslMode))
    return `set to an unknown sslmode: use one of ${sslModes.join(", ")}`;
  return {
    ...host,
    user: decoded(query.get("user") ?? user),
    password: decoded(query.get("password") ?? password),
    database: decoded(query.get("dbname") ?? (path || undefined)),
    sslMode,
    sslRootCert: query.get("sslrootcert"),
    sslCert: query.get("sslcert"),
    sslKey: query.get("sslkey"),
  };
}

const isSslMode = (text: string): text is SslMode => sslModes.some((mode) => mode === text);

/** Where user and password end: the last "@" before the query, since a password may hold one that nobody encoded. */
function userInfoEnd(rest: string): number {
  const query = /\?[a-z_]+=/.exec(rest)?.index ?? rest.length;
  return rest.slice(0, query).lastIndexOf("@");
}

/** Names the first character that a URI cannot hold as it is, and how to write it. */
function userInfoProblem(userInfo: string): string | undefined {
  const [, password = ""] = splitOnce(userInfo, ":");
  const found = /[#?/@[\] ]|%(?![0-9A-Fa-f]{2})/.exec(password)?.[0];
  if (found === undefined) return undefined;
  const character = found === " " ? "a space" : `"${found}"`;
  return `not a valid URL: its password holds ${character}; write it as %${found.charCodeAt(0).toString(16).toUpperCase()}`;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function splitLocation(text: string) {
  const [location, search = ""] = splitOnce(text, "?");
  const [authority, path = ""] = splitOnce(location, "/");
  const parameters = new URLSearchParams(search);
  return { authority, path, query: { get: (name: string) => parameters.get(name) ?? undefined } };
}

function hostOf(
  authority: string,
  query: { get(name: string): string | undefined },
): Pick<DatabaseAddress, "host" | "port"> | undefined {
  const found = /^(\[[0-9A-Fa-f:.%]+\]|[^:[\]]*)(?::(\d*))?$/.exec(authority);
  const name = decoded(query.get("host") ?? found?.[1]?.replace(/^\[|\]$/g, ""));
  const port = Number(query.get("port") ?? (found?.[2] || "5432"));
  if (found === null || name === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { host: name === "" ? "localhost" : name, port };
}

/** Undefined where it is not percent-encoded as it should be. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
