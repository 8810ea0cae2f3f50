import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { XnovuError } from "../core/errors.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

// initdb and postgres refuse uid 0. No account is made for them: one that the system already has will do.
const candidates = ["postgres", "_postgres", "nobody"];

/** The account that Postgres runs as: undefined (the caller's own) unless the caller is root. */
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
  // macOS gives nobody the number -2: the system call wants it unsigned.
  return name && uid && gid ? { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 } : undefined;
}

/** Whether the account may pass through every folder on the way to `path`, itself included. Access lists are not looked at. */
function reachable(account: Account, path: string): boolean {
  const { mode, uid, gid } = statSync(path);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  const above = dirname(path);
  return (mode & bit) !== 0 && (above === path || reachable(account, above));
}

/**
 * A folder named `xnovu-<key>` that every account can reach and that, unlike /tmp, survives a restart of the machine.
 * It belongs to the caller, who checks that nobody prepared it: /var/tmp is open to all.
 */
export function publicFolder(key: string): string {
  const folder = join(realpathSync("/var/tmp"), `xnovu-${key}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { mode, uid } = lstatSync(folder);
  const isFolder = lstatSync(folder).isDirectory();
  if (!isFolder || uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new XnovuError(`${folder} is not a folder that belongs to this user alone.`, {
      hint: "Somebody else made it: look at it and remove it.",
    });
  return folder;
}

/**
 * Where the files of a data folder really live: there, or, when the account cannot reach it (a checkout below /root or
 * below a folder made by `mktemp -d`), always the same folder below /var/tmp.
 */
export function homeFor(dataDir: string, account: Account | undefined): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const real = realpathSync(dataDir);
  if (!account || reachable(account, real)) return real;
  return publicFolder(createHash("sha256").update(real).digest("hex").slice(0, 12));
}
