/** A git tag that is a semantic version (semver.org 2.0.0, `v` optional). */
export interface Version {
  /** The git tag without its prefix: `v1.2.3-rc.1+build.5`. */
  readonly text: string;
  readonly core: readonly [bigint, bigint, bigint];
  /** Dot-separated identifiers after `-`. Empty for a release. */
  readonly prerelease: readonly string[];
  /** The part after `+`, which does not affect precedence. */
  readonly build: string;
}

const number = "(0|[1-9]\\d*)";
const identifier = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const grammar = new RegExp(
  `^v?${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$`,
);

/** Undefined for anything that is not exactly a semantic version, such as `v1.2`, `v01.2.3` or `deploy-prod`. */
export function parseVersion(text: string): Version | undefined {
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, major = "0", minor = "0", patch = "0", prerelease, build = ""] = match;
  return {
    text,
    // bigint, because a date such as 20261123235959001 is a legal number and must keep its last digits.
    core: [BigInt(major), BigInt(minor), BigInt(patch)],
    prerelease: prerelease === undefined ? [] : prerelease.split("."),
    build,
  };
}

/** Semver precedence (section 11): negative when `a` comes before `b`, 0 when they are equal. */
export function compareVersions(a: Version, b: Version): number {
  for (const [index, own] of a.core.entries()) {
    const order = compare(own, b.core[index] ?? 0n);
    if (order !== 0) return order;
  }
  // A release comes after its own prereleases.
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  return comparePrerelease(a.prerelease, b.prerelease);
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  for (const [index, own] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(own, other);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber && bIsNumber) return compare(BigInt(a), BigInt(b));
  // Numbers come before words.
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return compare(a, b);
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** The highest version. Among equals: without build metadata first, `v1.0.0` before `1.0.0`, then by name. */
export function highest(versions: readonly Version[]): Version | undefined {
  const rank = ({ build, text }: Version) => `${build === "" ? 0 : 1}${text.startsWith("v") ? 0 : 1}${text}`;
  return [...versions].sort((a, b) => compareVersions(b, a) || compare(rank(a), rank(b)))[0];
}
