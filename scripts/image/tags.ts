import { UsageError } from "../../core/errors.ts";
import type { GitState } from "./git-state.ts";
import { checkedTag, isOnDockerHub, normalRegistry, repositoryOf } from "./reference.ts";
import { parseVersion } from "./version.ts";

export const defaultRegistry = "registry.cn-shanghai.aliyuncs.com/yogosystem";
export const imageName = "xnovu";
export const latestModes = ["auto", "always", "never"] as const;
export type LatestMode = (typeof latestModes)[number];

export interface TagOptions {
  /** As typed. The default registry when absent. */
  readonly registry?: string | undefined;
  /** Replaces every generated tag. */
  readonly tag?: string | undefined;
  /** `always` when absent. */
  readonly latest?: LatestMode | undefined;
  readonly requireVersion?: boolean;
}

/** What `docker:tags --json` prints. */
export interface Tags {
  /** First 7 characters of the commit. Null without a repository. */
  readonly sha: string | null;
  /** Full SHA, with `-dirty` for uncommitted changes: the label `org.opencontainers.image.revision`. */
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly dirtyFiles: readonly string[];
  /** Nearest version tag of git. */
  readonly version: string | null;
  /** Reference of the local image. */
  readonly local: string;
  /** Full references in push order: `latest` is the last. */
  readonly remote: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Computes the tags for a state of git. Each is checked against the grammar. Pure.
 *
 * @throws UsageError for an invalid tag or registry, or when a required version is missing.
 */
export function tagsOf(state: GitState | undefined, options: TagOptions = {}): Tags {
  const typed = options.registry ?? defaultRegistry;
  const repository = repositoryOf(typed, imageName);
  const dirty = (state?.dirtyFiles.length ?? 0) > 0;
  const sha = state?.sha.slice(0, 7) ?? null;
  const own = options.tag ?? sha;
  if (own === null) throw new UsageError("There is no git repository to take a tag from", "Choose a tag with --tag.");
  if (options.requireVersion) requireVersion(state);
  const local = checkedTag(options.tag ?? `${own}${dirty ? "-dirty" : ""}`);
  const remote = options.tag === undefined ? generated(own, dirty, state, options.latest) : [options.tag];
  return {
    sha,
    revision: state === undefined ? null : `${state.sha}${dirty ? "-dirty" : ""}`,
    dirty,
    dirtyFiles: state?.dirtyFiles ?? [],
    version: state?.version?.text ?? null,
    local: `${imageName}:${local}`,
    remote: [...new Set(remote)].map((tag) => `${repository}:${checkedTag(tag)}`),
    warnings: [...registryWarnings(typed), ...stateWarnings(state, options)],
  };
}

function generated(sha: string, dirty: boolean, state: GitState | undefined, latest: LatestMode = "always"): string[] {
  // A tree with uncommitted changes is not a version.
  const version = dirty ? undefined : state?.version;
  const isPrerelease = (version?.prerelease.length ?? 0) > 0;
  const takesLatest = latest === "always" || (latest === "auto" && !isPrerelease);
  return [sha, ...(version === undefined ? [] : [imageTagOf(version.text)]), ...(takesLatest ? ["latest"] : [])];
}

/** A version may contain `+`, an image tag may not. */
export const imageTagOf = (version: string): string => version.replaceAll("+", "-");

/** Whether a bare image tag names a version. */
export const isVersionTag = (tag: string): boolean => parseVersion(tag) !== undefined;

function requireVersion(state: GitState | undefined): void {
  if (state?.version !== undefined) return;
  throw new UsageError(
    "No semantic version tag is reachable from this commit, but --require-version needs one",
    state?.shallow ? `This clone is shallow. Run: ${unshallow}` : "Tag a commit: git tag -a v1.0.0 -m v1.0.0",
  );
}

const unshallow = "git fetch --unshallow --tags";

function registryWarnings(typed: string): string[] {
  const registry = normalRegistry(typed);
  const trimmed = typed.replace(/\/+$/, "");
  return [
    ...(registry === trimmed ? [] : [`the registry ${trimmed} is normalised to ${registry}`]),
    ...(isOnDockerHub(registry) ? [`${registry} contains no host, so Docker uses ${registry} on Docker Hub`] : []),
  ];
}

function stateWarnings(state: GitState | undefined, { tag, requireVersion }: TagOptions): string[] {
  if (state === undefined) return ["no git repository: the image has no revision label"];
  const warnings: string[] = [];
  const { dirtyFiles, version, versionIsHere, shallow } = state;
  if (dirtyFiles.length > 0) warnings.push(`uncommitted changes: ${shortList(dirtyFiles)}`);
  if (tag !== undefined) return warnings;
  if (shallow && !requireVersion)
    warnings.push(`this clone is shallow and has no version tag; to fetch the rest: ${unshallow}`);
  if (version === undefined || dirtyFiles.length > 0) return warnings;
  if (imageTagOf(version.text) !== version.text)
    warnings.push(`${version.text} becomes ${imageTagOf(version.text)}: an image tag cannot contain "+"`);
  if (!versionIsHere)
    warnings.push(
      `${version.text} is the nearest version but belongs to another commit: a push moves its tag only with --move-tag`,
    );
  return warnings;
}

/** The first ten files, and how many more. */
export const shortList = (files: readonly string[]): string =>
  files.length <= 10 ? files.join(", ") : `${files.slice(0, 10).join(", ")} and ${files.length - 10} more`;
