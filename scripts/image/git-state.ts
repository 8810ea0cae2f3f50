import type { Env } from "../../core/config/parse.ts";
import { type Git, gitError, gitIn, noCommits } from "./git.ts";
import { parseStatus } from "./git-status.ts";
import { highest, parseVersion, type Version } from "./version.ts";

/** What the tags of an image are made of. */
export interface GitState {
  /** Full SHA of HEAD. */
  readonly sha: string;
  /** Seconds since 1970 of HEAD's commit. */
  readonly committedAt: number;
  /** Relative to the top of the work tree; empty for a clean tree. */
  readonly dirtyFiles: readonly string[];
  /** The nearest among HEAD and its ancestors; the highest of its commit. */
  readonly version: Version | undefined;
  /** Whether the version's commit is HEAD itself. */
  readonly versionIsHere: boolean;
  /** Whether history was cut off, and no version was found in what there is. */
  readonly shallow: boolean;
}

export interface GitStateOptions {
  readonly cwd: string;
  readonly env: Env;
  /** Only tags that start so count, and it is taken off: `release/` for `release/v1.2.3`. */
  readonly tagPrefix?: string;
}

interface Tag {
  readonly name: string;
  readonly commit: string;
  readonly version: Version | undefined;
}

/**
 * Reads the state of the repository that `cwd` lies in, by at most four git processes.
 *
 * @throws UsageError when there is no repository, no commit, no work tree, or git refuses to read it.
 */
export async function readGitState({ cwd, env, tagPrefix = "" }: GitStateOptions): Promise<GitState> {
  const git = gitIn(cwd, env);
  const [status, log, refs] = await Promise.all([
    // Said out loud, since each of these can be switched off in a user's configuration.
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
  // A fourth process here too: with no version there was nothing to measure the distance of.
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
    // An annotated tag is an object of its own that points at the commit.
    return [{ name, commit: peeled || object, version: parseVersion(name.slice(prefix.length)) }];
  });
}

const versionsOn = (tags: readonly Tag[], commit: string | undefined): Version[] =>
  tags.flatMap((tag) => (tag.commit === commit && tag.version !== undefined ? [tag.version] : []));

/** The commit with a version that the fewest commits part from HEAD. */
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
  // The patterns let through what only looks like a version, such as v1.2.3.4.
  const excluded = tags.filter(({ version }) => version === undefined).map(({ name }) => name);
  const excludes = excluded
    .filter((name) => /^v?\d.*\..*\./.test(name.slice(prefix.length)))
    .map((name) => `--exclude=${literal(name)}`);
  const found = await git("describe", "--tags", "--abbrev=0", "--candidates=100", ...patterns, ...excludes, "HEAD");
  const name = found.stdout.trim();
  return tags.find((tag) => tag.name === name)?.commit;
}

/** A name as a glob that matches only itself. */
const literal = (name: string): string => name.replace(/[*?[\]\\]/g, "\\$&");
