import { execFile } from "node:child_process";
import type { Env } from "../../core/config/parse.ts";
import { UsageError, XnovuError } from "../../core/errors.ts";
import { childEnv } from "./child-env.ts";

export type Git = (...args: readonly string[]) => Promise<GitResult>;
export interface GitResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

// Variables with git's configuration. Other GIT_* variables, such as those of a hook, name another repository, index or work tree.
const kept =
  /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH)$/;

/** The environment of git: the working folder selects the repository, and messages are in English. */
function gitEnvironment(env: Env): NodeJS.ProcessEnv {
  const entries = Object.entries(env).filter(([name]) => !name.startsWith("GIT_") || kept.test(name));
  return childEnv({ ...Object.fromEntries(entries), LC_ALL: "C", LANGUAGE: "" });
}

/** git bound to a folder. It takes no optional locks, which could block another git command. */
export function gitIn(cwd: string, env: Env): Git {
  const options = { cwd, env: gitEnvironment(env), maxBuffer: 1 << 30 };
  // Without a shell and without zx: git runs while zx is being loaded.
  return (...args) =>
    new Promise((resolve) => {
      execFile("git", ["--no-optional-locks", ...args], options, (error, stdout, stderr) => {
        const missing = (error as NodeJS.ErrnoException | null)?.code === "ENOENT";
        resolve({ ok: error === null, stdout, stderr: missing ? "git: not found" : stderr });
      });
    });
}

/** The error of a failed git command. Exit code 2: nothing was changed. */
export function gitError(stderr: string, cwd: string): XnovuError {
  const owned = /dubious ownership in repository at '(.*)'/.exec(stderr);
  const withTag = "Run this inside the project's git checkout, or choose a tag with --tag.";
  if (owned)
    return new UsageError(
      `git refuses to read ${owned[1]}: it belongs to another user`,
      `If you trust it: git config --global --add safe.directory '${owned[1]}'`,
    );
  if (/not a git repository/.test(stderr)) return new UsageError(`${cwd} is not in a git repository`, withTag);
  if (/must be run in a work tree/.test(stderr))
    return new UsageError(`${cwd} has no work tree: it is a bare repository, or git's own folder`, withTag);
  if (/git: (command )?not found/.test(stderr))
    return new XnovuError("git is not installed", { hint: "Install it: https://git-scm.com/downloads" });
  return new UsageError(`git cannot read the state of ${cwd}: ${stderr.trim() || "no reason given"}`, withTag);
}

export const noCommits = (cwd: string): XnovuError =>
  new UsageError(`The repository of ${cwd} has no commits`, "Commit once, or choose a tag with --tag.");
