import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Env } from "../../core/config/parse.ts";
import { childEnv } from "./run-step.ts";

/** An environment without this machine's git configuration. */
export const gitEnv: Env = {
  PATH: process.env.PATH,
  HOME: join(tmpdir(), "xnovu-no-home"),
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CEILING_DIRECTORIES: tmpdir(),
};

const identity = {
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.org",
  GIT_AUTHOR_DATE: "2026-11-01T12:00:00Z",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.org",
  GIT_COMMITTER_DATE: "2026-11-01T12:00:00Z",
};

export interface Repository {
  readonly path: string;
  git(...args: string[]): string;
  write(file: string, text: string): void;
  /** Adds everything and commits. Returns the SHA. */
  commit(message: string): string;
}

/** A real repository in `path`, without commits. Commits have fixed dates, so their SHAs are always the same. */
export function repositoryAt(path: string, ...init: string[]): Repository {
  mkdirSync(path, { recursive: true });
  const env = { ...gitEnv, ...identity };
  // The tests' submodules are local folders.
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
      cwd: path,
      env: childEnv(env),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  git("init", "-q", "-b", "main", ...init);
  return {
    path,
    git,
    write(file, text) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    },
    commit(message) {
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "-m", message);
      return git("rev-parse", "HEAD");
    },
  };
}

/** Runs work in a temporary folder. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "xnovu-git-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
