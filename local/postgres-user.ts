import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { XnovuError } from "../core/errors.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

// initdb and postgres refuse to run as root. An existing account is used; none is created.
const candidates = ["postgres", "_postgres", "nobody"];

/** The account that runs Postgres. Undefined (the caller's own) unless the caller is root. */
export function serverAccount(passwd = () => readFileSync("/etc/passwd", "utf8")): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = passwd().split("\n").map(accountOf);
  for (const name of candidates) {
    const found = accounts.find((account) => account?.name === name);
    if (found && found.uid !== 0) return found;
  }
  throw new XnovuError("Postgres refuses to run as root, and this system has no unprivileged account to run it as.", {
    hint: "Run as another user, or add an account named postgres.",
  });
}

function accountOf(line: string): Account | undefined {
  const [name, , uid, gid] = line.split(":");
  // On macOS nobody has uid -2, but the system call needs an unsigned number.
  return name && uid && gid ? { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 } : undefined;
}

/** Whether the account may enter every folder of `path`, itself included. Ignores access lists. */
function reachable(account: Account, path: string): boolean {
  const { mode, uid, gid } = statSync(path);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  const above = dirname(path);
  return (mode & bit) !== 0 && (above === path || reachable(account, above));
}

/**
 * A folder `xnovu-<key>` that every account can reach and that, unlike /tmp, survives a reboot. It must belong to the caller: every user can write to
 * /var/tmp, so another one may have created it.
 */
export function publicFolder(key: string): string {
  const folder = join(realpathSync("/var/tmp"), `xnovu-${key}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { mode, uid } = lstatSync(folder);
  const isFolder = lstatSync(folder).isDirectory();
  if (!isFolder || uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new XnovuError(`${folder} is not a folder that belongs to this user alone.`, {
      hint: "Another user created it. Check it and remove it.",
    });
  return folder;
}

/**
 * The actual folder of a data folder's files. When the account cannot reach the data folder (a checkout below /root, or below a folder made by
 * `mktemp -d`), it is a fixed folder below /var/tmp.
 */
export function homeFor(dataDir: string, account: Account | undefined): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const real = realpathSync(dataDir);
  if (!account || reachable(account, real)) return real;
  return publicFolder(createHash("sha256").update(real).digest("hex").slice(0, 12));
}
