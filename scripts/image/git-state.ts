import type { Env } from "../../core/config/parse.ts";
import { type Git, gitError, gitIn, noCommits } from "./git.ts";
import { parseStatus } from "./git-status.ts";
import { highest, parseVersion, type Version } from "./version.ts";

/** The state of git that image tags are made of. */
export interface GitState {
  /** Full SHA of HEAD. */
  readonly sha: string;
  /** Seconds since 1970 of HEAD's commit. */
  readonly committedAt: number;
  /** Paths relative to the top of the work tree. Empty for a clean tree. */
  readonly dirtyFiles: readonly string[];
  /** The version of the nearest commit among HEAD and its ancestors; the highest of that commit. */
  readonly version: Version | undefined;
  /** Whether the version's commit is HEAD itself. */
  readonly versionIsHere: boolean;
  /** Whether the clone is shallow and no version was found in its history. */
  readonly shallow: boolean;
}

export interface GitStateOptions {
  readonly cwd: string;
  readonly env: Env;
  /** Only tags with this prefix count, and it is removed: `release/` for `release/v1.2.3`. */
  readonly tagPrefix?: string;
}

interface Tag {
  readonly name: string;
  readonly commit: string;
  readonly version: Version | undefined;
}

/**
 * Reads the state of the repository of `cwd` with at most four git processes.
 *
 * @throws UsageError without a repository, a commit or a work tree, or when git refuses to read it.
 */
export async function readGitState({ cwd, env, tagPrefix = "" }: GitStateOptions): Promise<GitState> {
  const git = gitIn(cwd, env);
  const [status, log, refs] = await Promise.all([
    // Explicit options, because a user's configuration can change each of these defaults.
    git(
      "status",
      "--porcelain=v2",
      "--branch",
      "-z",
      "--no-renames",
      "--untracked-files=normal",
      "--ignore-submodules=none",
    ),
    git("log", "-1", "--no-show-signature", "--format=%ct"),
    git("for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)", "refs/tags"),
  ]);
  if (!status.ok) throw gitError(status.stderr, cwd);
  const { head, dirtyFiles } = parseStatus(status.stdout);
  if (head === undefined) throw noCommits(cwd);
  for (const result of [log, refs]) if (!result.ok) throw gitError(result.stderr, cwd);
  const tags = parseTags(refs.stdout, tagPrefix);
  const commit = await nearestCommit(git, head, tags, tagPrefix);
  const version = highest(versionsOn(tags, commit));
  // Still at most four processes: without a version, nearestCommit ran none.
  const shallow = version === undefined && (await git("rev-parse", "--is-shallow-repository")).stdout.trim() === "true";
  return {
    sha: head,
    committedAt: Number(log.stdout.trim()),
    dirtyFiles,
    version,
    versionIsHere: commit === head,
    shallow,
  };
}

function parseTags(output: string, prefix: string): Tag[] {
  return output.split("\n").flatMap((line) => {
    const [name = "", object = "", peeled = ""] = line.split("\0");
    if (name === "" || !name.startsWith(prefix)) return [];
    // An annotated tag is an object that points at the commit.
    return [{ name, commit: peeled || object, version: parseVersion(name.slice(prefix.length)) }];
  });
}

const versionsOn = (tags: readonly Tag[], commit: string | undefined): Version[] =>
  tags.flatMap((tag) => (tag.commit === commit && tag.version !== undefined ? [tag.version] : []));

/** The commit with a version that is the fewest commits away from HEAD. */
async function nearestCommit(
  git: Git,
  head: string,
  tags: readonly Tag[],
  prefix: string,
): Promise<string | undefined> {
  const commits = new Set(tags.flatMap(({ commit, version }) => (version === undefined ? [] : [commit])));
  if (commits.has(head)) return head;
  if (commits.size <= 1) return [...commits][0];
  const patterns = ["v[0-9]*.[0-9]*.[0-9]*", "[0-9]*.[0-9]*.[0-9]*"].map(
    (pattern) => `--match=${literal(prefix)}${pattern}`,
  );
  // The patterns also match names that only look like a version, such as v1.2.3.4.
  const excluded = tags.filter(({ version }) => version === undefined).map(({ name }) => name);
  const excludes = excluded
    .filter((name) => /^v?\d.*\..*\./.test(name.slice(prefix.length)))
    .map((name) => `--exclude=${literal(name)}`);
  const found = await git("describe", "--tags", "--abbrev=0", "--candidates=100", ...patterns, ...excludes, "HEAD");
  const name = found.stdout.trim();
  return tags.find((tag) => tag.name === name)?.commit;
}

/** A glob that matches only this name. */
const literal = (name: string): string => name.replace(/[*?[\]\\]/g, "\\$&");
