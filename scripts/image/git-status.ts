export interface Status {
  /** Full SHA of HEAD; undefined before the first commit. */
  readonly head: string | undefined;
  /** Changed, added, removed, unmerged and untracked files, relative to the top of the work tree. */
  readonly dirtyFiles: readonly string[];
}

/** Parses the output of `git status --porcelain=v2 --branch -z --no-renames`. Pure. */
export function parseStatus(output: string): Status {
  let head: string | undefined;
  const dirtyFiles: string[] = [];
  for (const entry of output.split("\0")) {
    const kind = entry.slice(0, 2);
    if (entry.startsWith("# branch.oid ")) head = oidOf(entry.slice("# branch.oid ".length));
    // A fixed number of fields stands before the path, so a path may contain spaces.
    else if (kind === "1 ") dirtyFiles.push(pathAfter(entry, 8));
    else if (kind === "u ") dirtyFiles.push(pathAfter(entry, 10));
    else if (kind === "? ") dirtyFiles.push(entry.slice(2));
  }
  return { head, dirtyFiles };
}

const oidOf = (text: string): string | undefined => (/^[0-9a-f]{40,64}$/.test(text) ? text : undefined);
const pathAfter = (entry: string, fields: number): string => entry.split(" ").slice(fields).join(" ");
