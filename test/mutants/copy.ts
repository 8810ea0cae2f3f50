import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Copy {
  readonly root: string;
  remove(): void;
}

/** A git worktree of the tracked files as they are now, uncommitted changes included, with packages of its own: Next follows no link out of its folder. */
export function copyOf(root: string): Copy {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  const folder = mkdtempSync(join(tmpdir(), "xnovu-mutants-"));
  const copy = join(folder, "xnovu");
  const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
  const commit = changed ? git("stash", "create") : "HEAD";
  git("worktree", "add", "--quiet", "--detach", copy, commit);
  execFileSync(process.execPath, ["scripts/dev/setup.mjs"], { cwd: copy, stdio: "pipe" });
  return {
    root: copy,
    remove() {
      git("worktree", "remove", "--force", copy);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
