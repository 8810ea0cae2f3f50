import { UsageError, XnovuError } from "../../core/errors.ts";
import { bareTag } from "./bake-plan.ts";
import { type Pushed, revisionLabel, versionLabel } from "./registry.ts";
import { imageTagOf, isVersionTag, shortList, type Tags } from "./tags.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** @throws UsageError when a tree with uncommitted changes would be pushed under a commit's tag. */
export function requireCleanTree({ dirty, dirtyFiles }: Tags, allowDirty: boolean): void {
  if (!dirty || allowDirty) return;
  throw new UsageError(
    `The tree has uncommitted changes, but a pushed tag names a commit: ${shortList(dirtyFiles)}`,
    "Commit or remove them, or push anyway with --allow-dirty.",
  );
}

/** The references that must never change: those of the SHA and of versions. */
export const fixedReferences = ({ sha, version, remote }: Tags): string[] =>
  remote.filter((reference) => {
    const tag = bareTag(reference);
    return tag === sha || (version !== null && tag === imageTagOf(version)) || isVersionTag(tag);
  });

/**
 * Checks that a fixed tag does not move to another revision. Pure.
 *
 * @throws XnovuError that names both revisions.
 */
export function requireSameRevision(reference: string, there: Pushed | undefined, revision: string | null): void {
  if (there === undefined) return;
  const old = there.labels[revisionLabel];
  if (old !== undefined && old === revision) return;
  throw new XnovuError(
    `${reference} already exists in the registry for revision ${old ?? "unknown"}; this is revision ${revision ?? "unknown"}`,
    { hint: "Tag this commit with its own version (git tag), or move the tag with --move-tag." },
  );
}

/**
 * Why `--latest auto` does not move `latest`: for a prerelease, or a version below the current one. Undefined when it moves. Pure.
 */
export function reasonToKeepLatest(version: string | null, latest: Pushed | undefined): string | undefined {
  const own = version === null ? undefined : parseVersion(version);
  if (own === undefined) return undefined;
  if (own.prerelease.length > 0) return `${own.text} is a prerelease`;
  const carried = parseVersion(latest?.labels[versionLabel] ?? "");
  if (carried !== undefined && compareVersions(own, carried) < 0)
    return `it is at ${carried.text}, which is above ${own.text}`;
  return undefined;
}
