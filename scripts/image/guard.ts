import { UsageError, XnovuError } from "../../core/errors.ts";
import { bareTag } from "./plan.ts";
import { type Pushed, revisionLabel, versionLabel } from "./registry.ts";
import { imageTagOf, isVersionTag, shortList, type Tags } from "./tags.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** @throws UsageError when a changed tree would be pushed under the name of a clean commit. */
export function requireCleanTree({ dirty, dirtyFiles }: Tags, allowDirty: boolean): void {
  if (!dirty || allowDirty) return;
  throw new UsageError(
    `The tree has uncommitted changes, and a pushed tag names a commit: ${shortList(dirtyFiles)}`,
    "Commit or remove them, or push them knowingly with --allow-dirty.",
  );
}

/** The references that stand for one state of the sources for ever: the SHA's and the versions'. */
export const fixedReferences = ({ sha, version, remote }: Tags): string[] =>
  remote.filter((reference) => {
    const tag = bareTag(reference);
    return tag === sha || (version !== null && tag === imageTagOf(version)) || isVersionTag(tag);
  });

/**
 * Refuses to move a fixed tag from one revision to another. Pure.
 *
 * @throws XnovuError that names both revisions.
 */
export function requireSameRevision(reference: string, there: Pushed | undefined, revision: string | null): void {
  if (there === undefined) return;
  const old = there.labels[revisionLabel];
  if (old !== undefined && old === revision) return;
  throw new XnovuError(
    `${reference} is in the registry already, made from ${old ?? "an unknown revision"}, and this is ${revision ?? "an unknown revision"}`,
    { hint: "Give this commit a version of its own (git tag), or move the tag knowingly with --move-tag." },
  );
}

/**
 * Whether `--latest auto` leaves `latest` where it is, and why: a prerelease never takes it, nor does a version below the one it carries. Pure.
 */
export function reasonToKeepLatest(version: string | null, latest: Pushed | undefined): string | undefined {
  const own = version === null ? undefined : parseVersion(version);
  if (own === undefined) return undefined;
  if (own.prerelease.length > 0) return `${own.text} is a prerelease`;
  const carried = parseVersion(latest?.labels[versionLabel] ?? "");
  if (carried !== undefined && compareVersions(own, carried) < 0)
    return `it carries ${carried.text}, which is above ${own.text}`;
  return undefined;
}
