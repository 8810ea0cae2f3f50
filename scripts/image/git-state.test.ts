import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Env } from "../../core/config/parse.ts";
import { UsageError } from "../../core/errors.ts";
import { readGitState } from "./git-state.ts";
import { gitEnv, inFolder, type Repository, repositoryAt } from "./repository.fixture.ts";
import { type TagOptions, type Tags, tagsOf } from "./tags.ts";

interface Expected {
  /** SHA stands for the commit's first 7 characters. */
  readonly local?: string;
  readonly remote?: readonly string[];
  readonly dirtyFiles?: readonly string[];
  readonly warning?: RegExp;
  /** Message and hint of the refusal. */
  readonly error?: RegExp;
}

interface Row {
  readonly name: string;
  /** Makes the state in a repository with one commit; returns where to look from, the repository itself when nothing. */
  readonly make?: (repository: Repository, folder: string) => string | undefined;
  readonly options?: TagOptions & { readonly tagPrefix?: string };
  readonly env?: (folder: string) => Env;
  readonly expected: Expected;
}

const clean: Expected = { local: "xnovu:SHA", remote: ["SHA", "latest"], dirtyFiles: [] };
const tagged = (version: string): Expected => ({ ...clean, remote: ["SHA", version, "latest"] });
const dirty = (...dirtyFiles: string[]): Expected => ({
  local: "xnovu:SHA-dirty",
  remote: ["SHA", "latest"],
  dirtyFiles,
});
const git =
  (...commands: string[][]): Row["make"] =>
  (repository) => {
    for (const command of commands) repository.git(...command);
    return undefined;
  };
const empty = ["commit", "-q", "--allow-empty", "-m", "more"];

const rows: readonly Row[] = [
  { name: "clean, tag on HEAD", make: git(["tag", "v1.0.0"]), expected: tagged("v1.0.0") },
  { name: "clean, no tag", expected: clean },
  {
    name: "changed, tag on HEAD",
    make(repository) {
      repository.git("tag", "v1.0.0");
      repository.write("a.txt", "changed");
      return undefined;
    },
    expected: { ...dirty("a.txt"), warning: /uncommitted changes: a\.txt/ },
  },
  { name: "short SHA whatever core.abbrev says", make: git(["config", "core.abbrev", "12"]), expected: clean },
  {
    name: "several tags on a commit: the highest by precedence, others ignored",
    make: git(
      ...["v1.0.0-rc.1", "v1.0.0-rc.11", "v1.0.0", "0.9.9", "deploy-prod", "v2", "v01.2.3", "v9.9.9.9"].map((t) => [
        "tag",
        t,
      ]),
    ),
    expected: tagged("v1.0.0"),
  },
  {
    name: "rc.11 above rc.2",
    make: git(["tag", "v1.0.0-rc.2"], ["tag", "v1.0.0-rc.11"]),
    expected: tagged("v1.0.0-rc.11"),
  },
  { name: "no v", make: git(["tag", "1.2.3"]), expected: tagged("1.2.3") },
  {
    name: "nearest of ancestors, lightweight nearer than annotated",
    make: git(["tag", "-a", "v3.0.0", "-m", "far"], empty, ["tag", "v1.0.0"], empty),
    expected: { ...tagged("v1.0.0"), warning: /nearest version but belongs to another commit/ },
  },
  {
    name: "nearest of ancestors, annotated nearer than lightweight",
    make: git(["tag", "v3.0.0"], empty, ["tag", "-a", "v1.0.0", "-m", "near"], empty),
    expected: tagged("v1.0.0"),
  },
  {
    name: "a nearer tag that only looks like a version is passed over",
    make: git(["tag", "v1.0.0"], empty, ["tag", "v1.1.0"], empty, ["tag", "v9.9.9.9"], ["tag", "v1.2.3_x"], empty),
    expected: tagged("v1.1.0"),
  },
  {
    name: "the highest of the nearest commit, though git describes it by another name",
    make: git(["tag", "v0.1.0"], empty, ["tag", "-a", "v1.0.0-rc.1", "-m", "rc"], ["tag", "v1.0.0"], empty),
    expected: tagged("v1.0.0"),
  },
  {
    name: "a tag of another branch is not an ancestor",
    make: git(["checkout", "-q", "-b", "other"], empty, ["tag", "v5.0.0"], ["checkout", "-q", "main"]),
    expected: clean,
  },
  {
    name: "prefixed tags are not versions",
    make: git(["tag", "app/v1.2.3"], ["tag", "release/v1.2.3"]),
    expected: clean,
  },
  {
    name: "prefixed tags with the prefix",
    make: git(
      ["tag", "v9.0.0"],
      ["tag", "app/v7.0.0"],
      ["tag", "release/v1.2.2"],
      empty,
      ["tag", "release/v1.2.3"],
      empty,
    ),
    options: { tagPrefix: "release/" },
    expected: tagged("v1.2.3"),
  },
  {
    name: "build metadata",
    make: git(["tag", "v1.2.3+build.5"]),
    expected: { ...tagged("v1.2.3-build.5"), warning: /v1\.2\.3\+build\.5 becomes v1\.2\.3-build\.5/ },
  },
  {
    name: "a version longer than an image tag may be",
    make: git(["tag", `v1.2.3-${"a".repeat(125)}`]),
    expected: { error: /cannot be an image tag: it has 132 characters/ },
  },
  {
    name: "shallow clone",
    make(repository, folder) {
      repository.git("tag", "v1.0.0");
      repository.commit("second");
      repository.git("clone", "-q", "--depth", "1", `file://${repository.path}`, join(folder, "shallow"));
      return join(folder, "shallow");
    },
    expected: { ...clean, warning: /git fetch --unshallow --tags/ },
  },
  {
    name: "shallow clone that must have a version",
    make(repository, folder) {
      repository.git("clone", "-q", "--depth", "1", `file://${repository.path}`, join(folder, "shallow"));
      repository.commit("second");
      repository.git("clone", "-q", "--depth", "1", `file://${repository.path}`, join(folder, "shallow2"));
      return join(folder, "shallow2");
    },
    options: { requireVersion: true },
    expected: { error: /--require-version.*git fetch --unshallow --tags/s },
  },
  { name: "a required version is missing", options: { requireVersion: true }, expected: { error: /git tag -a/ } },
  { name: "no repository", make: (_, folder) => folder, expected: { error: /is not in a git repository.*--tag/s } },
  {
    name: "no commits",
    make: (_, folder) => repositoryAt(join(folder, "new")).path,
    expected: { error: /has no commits.*--tag/s },
  },
  {
    name: "bare",
    make: (_, folder) => repositoryAt(join(folder, "bare"), "--bare").path,
    expected: { error: /has no work tree/ },
  },
  {
    name: "untracked file, though the configuration hides it",
    make(repository) {
      repository.git("config", "status.showUntrackedFiles", "no");
      repository.write("new file.txt", "x");
      return undefined;
    },
    expected: dirty("new file.txt"),
  },
  {
    name: "ignored file",
    make(repository) {
      repository.write(".git/info/exclude", "*.log\n");
      repository.write("x.log", "x");
      return undefined;
    },
    expected: clean,
  },
  {
    name: "staged, renamed, removed",
    make(repository) {
      repository.write("b.txt", "b");
      repository.git("add", "b.txt");
      repository.git("mv", "dir/c.txt", "dir/d.txt");
      return undefined;
    },
    expected: dirty("b.txt", "dir/c.txt", "dir/d.txt"),
  },
  {
    name: "mode only",
    make(repository) {
      chmodSync(join(repository.path, "a.txt"), 0o755);
      return undefined;
    },
    expected: dirty("a.txt"),
  },
  {
    name: "mode only, where the configuration says that modes do not count",
    make(repository) {
      repository.git("config", "core.fileMode", "false");
      chmodSync(join(repository.path, "a.txt"), 0o755);
      return undefined;
    },
    expected: clean,
  },
  {
    name: "time stamps only",
    make(repository) {
      utimesSync(join(repository.path, "a.txt"), 1, 1);
      return undefined;
    },
    expected: clean,
  },
  {
    name: "submodule changed inside, though the configuration ignores it",
    make(repository, folder) {
      const inner = repositoryAt(join(folder, "inner"));
      inner.write("in.txt", "x");
      inner.commit("inner");
      repository.git("submodule", "--quiet", "add", `file://${inner.path}`, "sub module");
      repository.commit("with a submodule");
      repository.git("config", "diff.ignoreSubmodules", "all");
      repository.write("sub module/in.txt", "changed");
      return undefined;
    },
    expected: dirty("sub module"),
  },
  {
    name: "detached HEAD",
    make: git(["tag", "v1.0.0"], ["checkout", "-q", "--detach"]),
    expected: tagged("v1.0.0"),
  },
  {
    name: "worktree",
    make(repository, folder) {
      repository.git("tag", "v1.0.0");
      repository.git("worktree", "add", "-q", "--detach", join(folder, "tree"));
      return join(folder, "tree");
    },
    expected: tagged("v1.0.0"),
  },
  {
    name: "sub-folder: paths from the top",
    make(repository) {
      repository.write("top.txt", "x");
      return join(repository.path, "dir");
    },
    expected: dirty("top.txt"),
  },
  {
    name: "a hook's environment is ignored",
    make(repository, folder) {
      const other = repositoryAt(join(folder, "other"));
      other.commit("other");
      other.git("tag", "v8.0.0");
      repository.git("tag", "v1.0.0");
      return undefined;
    },
    env: (folder) => ({
      ...gitEnv,
      GIT_DIR: join(folder, "other/.git"),
      GIT_WORK_TREE: join(folder, "other"),
      GIT_INDEX_FILE: join(folder, "other/.git/none"),
    }),
    expected: tagged("v1.0.0"),
  },
  {
    name: "a signed commit, and signatures shown in logs",
    make(repository, folder) {
      const key = join(folder, "key");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      for (const [name, value] of [
        ["gpg.format", "ssh"],
        ["user.signingKey", key],
        ["commit.gpgSign", "true"],
        ["log.showSignature", "true"],
        ["color.ui", "always"],
      ] as const)
        repository.git("config", name, value);
      repository.commit("signed");
      repository.git("tag", "v1.0.0", "--no-sign");
      return undefined;
    },
    expected: tagged("v1.0.0"),
  },
];

/** A repository with one commit, changed by the row. */
async function stateOf(row: Row, folder: string): Promise<{ tags: Tags; sha: string }> {
  const repository = repositoryAt(join(folder, "repo"));
  repository.write("a.txt", "a");
  repository.write("dir/c.txt", "c");
  repository.commit("first");
  const cwd = row.make?.(repository, folder) ?? repository.path;
  const { tagPrefix, ...options } = row.options ?? {};
  const env = row.env?.(folder) ?? gitEnv;
  const state = await readGitState({ cwd, env, ...(tagPrefix === undefined ? {} : { tagPrefix }) });
  const head = repositoryHead(repository, cwd);
  assert.is(state.sha, head);
  assert.is(state.committedAt, Date.parse("2026-11-01T12:00:00Z") / 1000);
  return { tags: tagsOf(state, options), sha: head.slice(0, 7) };
}

const repositoryHead = (repository: Repository, cwd: string) => repository.git("-C", cwd, "rev-parse", "HEAD");

for (const row of rows)
  test(row.name, () =>
    inFolder(async (folder) => {
      const { error, local, remote, dirtyFiles, warning } = row.expected;
      const result = await stateOf(row, folder).catch((error: unknown) => error);
      if (error !== undefined) {
        if (!(result instanceof UsageError)) throw new Error(`expected a UsageError, got ${String(result)}`);
        assert.match(`${result.message}\n${result.hint}`, error);
        assert.is(result.exitCode, 2);
        return;
      }
      if (result instanceof Error) throw result;
      const { tags, sha } = result as { tags: Tags; sha: string };
      const named = (text: string) => text.replace("SHA", sha);
      assert.is(tags.local, named(local ?? ""));
      const repository = "registry.cn-shanghai.aliyuncs.com/yogosystem/xnovu";
      assert.equal(
        tags.remote,
        (remote ?? []).map((tag) => `${repository}:${named(tag)}`),
      );
      assert.equal([...tags.dirtyFiles].sort(), [...(dirtyFiles ?? [])].sort());
      assert.is(tags.revision?.endsWith("-dirty"), (dirtyFiles ?? []).length > 0);
      if (warning !== undefined) assert.match(tags.warnings.join("\n"), warning);
    }),
  );

test("a repository of another user is refused by git, and never called clean", () =>
  inFolder(async (folder) => {
    if (process.getuid?.() !== 0) return console.warn("SKIPPED: only root can give a folder to another user");
    const repository = repositoryAt(join(folder, "repo"));
    repository.commit("first");
    for (const entry of [".", ".git", ...readdirSync(join(repository.path, ".git")).map((name) => `.git/${name}`)])
      chownSync(join(repository.path, entry), 12345, 12345);
    const error = await readGitState({ cwd: repository.path, env: gitEnv }).catch((error: unknown) => error);
    if (!(error instanceof UsageError)) throw new Error(`expected a UsageError, got ${String(error)}`);
    assert.match(error.message, /belongs to another user/);
    assert.match(error.hint ?? "", /git config --global --add safe\.directory '.*repo'/);
    // git runs under sudo with the id of who called it; here the remedy is tried itself.
    const trusted = { ...gitEnv, GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" };
    assert.equal((await readGitState({ cwd: repository.path, env: trusted })).dirtyFiles, []);
  }));

test("another running git command is neither waited for nor disturbed", () =>
  inFolder(async (folder) => {
    const repository = repositoryAt(join(folder, "repo"));
    repository.write("a.txt", "a");
    repository.commit("first");
    // A stat that is out of date is what makes git write the index anew, under a lock that the other command may want.
    utimesSync(join(repository.path, "a.txt"), 1, 1);
    const index = readFileSync(join(repository.path, ".git/index"));
    assert.equal((await readGitState({ cwd: repository.path, env: gitEnv })).dirtyFiles, []);
    assert.equal(readFileSync(join(repository.path, ".git/index")), index, "the index was written");
    writeFileSync(join(repository.path, ".git/index.lock"), "");
    assert.equal((await readGitState({ cwd: repository.path, env: gitEnv })).dirtyFiles, []);
  }));

test("at most four git processes, whatever the state", () =>
  inFolder(async (folder) => {
    const repository = repositoryAt(join(folder, "repo"));
    const log = join(folder, "calls");
    const real = repository.git("--exec-path");
    // A wrapper that counts calls and passes them on.
    const counter = join(folder, "bin/git");
    repository.write("../bin/git", `#!/bin/sh\necho x >> '${log}'\nexec '${real}/git' "$@"\n`);
    chmodSync(counter, 0o755);
    const env = { ...gitEnv, PATH: `${join(folder, "bin")}:${process.env.PATH}` };
    const calls = async () => {
      writeFileSync(log, "");
      await readGitState({ cwd: repository.path, env });
      return readFileSync(log, "utf8").length / 2;
    };
    repository.commit("first");
    assert.is(await calls(), 4, "no version: one process to see whether this clone is shallow");
    repository.git("tag", "v1.0.0");
    assert.is(await calls(), 3, "a version on HEAD needs no distance");
    repository.commit("second");
    repository.git("tag", "v2.0.0");
    repository.commit("third");
    assert.is(await calls(), 4, "two candidates: one process to find the nearer");
  }));

test.run();
