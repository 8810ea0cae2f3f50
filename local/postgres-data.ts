import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf, XnovuError } from "../core/errors.ts";
import type { PostgresVersion } from "./postgres-binaries.ts";
import type { Account } from "./postgres-user.ts";

/** The files of one server: `data` belongs to the server's account, `password` only to the caller. */
export interface DataFiles {
  readonly home: string;
  readonly data: string;
  readonly password: string;
}

export const dataFiles = (home: string): DataFiles => ({
  home,
  data: join(home, "data"),
  password: join(home, "password"),
});

export function removeData({ data, password }: DataFiles): void {
  rmSync(data, { recursive: true, force: true });
  rmSync(password, { force: true });
}

/** @throws XnovuError when another Postgres version created the data. */
export function checkVersion({ data }: DataFiles, version: PostgresVersion): void {
  const dataVersion = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
  if (dataVersion !== version)
    throw new XnovuError(`The data in ${data} belongs to Postgres ${dataVersion}, and this is Postgres ${version}.`, {
      hint: "Start with --fresh to delete that data, or use the same version.",
    });
}

/**
 * Creates the data folder under a temporary name and renames it, so that an interrupted run leaves nothing that looks complete.
 * `sync: false` skips flushing to disk, for servers of tests.
 */
export async function createData(
  initdb: string,
  files: DataFiles,
  account: Account | undefined,
  sync: boolean,
): Promise<void> {
  const password = randomBytes(18).toString("base64url");
  const temporary = `${files.data}.new`;
  const passwordFile = join(files.home, "password.new");
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) for (const path of [temporary, passwordFile]) chownSync(path, account.uid, account.gid);
  const args = ["-D", temporary, "-U", "postgres", "-E", "UTF8", "--no-locale", "-A", "scram-sha-256"];
  try {
    await promisify(execFile)(
      initdb,
      [...args, `--pwfile=${passwordFile}`, "--no-instructions", ...(sync ? [] : ["--no-sync"])],
      { cwd: temporary, env: serverEnvironment(), ...(account ? { uid: account.uid, gid: account.gid } : {}) },
    );
  } catch (cause) {
    throw new XnovuError(`initdb failed: ${messageOf(cause)}`, {
      cause,
      hint: "Check whether the disk is full or read-only.",
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writeFileSync(files.password, password, { mode: 0o600 });
  renameSync(temporary, files.data);
}

export const readPassword = ({ password }: DataFiles): string => readFileSync(password, "utf8").trim();

export const hasData = ({ data, password }: DataFiles): boolean =>
  existsSync(join(data, "PG_VERSION")) && existsSync(password);

/** The caller's environment without variables that would redirect a Postgres program (PGDATA, PGPORT, a missing locale). */
export function serverEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const redirecting = Object.keys(env).filter((name) => /^(PG|LC_|LANG)/.test(name));
  // An undefined value leaves the variable out of the child's environment.
  return { ...env, ...Object.fromEntries(redirecting.map((name) => [name, undefined])), LC_ALL: "C", TZ: "UTC" };
}
