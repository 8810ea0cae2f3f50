import { UsageError } from "../../core/errors.ts";
import type { Entry, Slot } from "./journal.ts";
import { titleOf } from "./names.ts";

/** `previous` is what `rollback` goes to; `retired` was live, is kept, and takes a rollback by its name; `starting` has no end in the journal yet. */
export type State = "live" | "previous" | "retired" | "failed" | "pruned" | "starting";

export interface Release {
  readonly id: number;
  readonly state: State;
  readonly reference: string;
  /** The engine's id of the image. */
  readonly image: string;
  readonly digest: string | null;
  readonly revision: string | null;
  /** When and by whom it was deployed. */
  readonly at: string;
  readonly by: string;
  /** Why it failed. */
  readonly reason: string | null;
}

export interface Releases {
  /** Newest first. */
  readonly all: readonly Release[];
  readonly live: { readonly id: number; readonly slot: Slot } | undefined;
  readonly previous: number | undefined;
  /** Releases before it do not meet the schema any more. */
  readonly oldest: number;
  /** Begun and without an end: the command was killed. */
  readonly unfinished: Entry | undefined;
}

/** What the journal says. Pure. */
export function releasesOf(journal: readonly Entry[]): Releases {
  const went = journal.filter(({ outcome }) => outcome === "live");
  const last = went.at(-1);
  const live = last?.slot === undefined ? undefined : { id: last.release, slot: last.slot };
  const pruned = new Set(journal.filter(({ outcome }) => outcome === "pruned").map(({ release }) => release));
  const oldest = Math.max(1, ...journal.map((entry) => entry.oldest ?? 1));
  const kept = (id: number) => went.some(({ release }) => release === id) && !pruned.has(id);
  const previous = live && previousOf(live.id, journal, (id) => kept(id) && id >= oldest);
  const stateOf = ({ release }: Entry): State => {
    if (release === live?.id) return "live";
    if (pruned.has(release)) return "pruned";
    if (release === previous) return "previous";
    if (kept(release)) return "retired";
    return endOf(release, journal) === undefined ? "starting" : "failed";
  };
  const begun = journal.filter(({ action, outcome }) => action === "deploy" && outcome === "started");
  const lastBegun = journal.findLast(({ outcome }) => outcome === "started");
  return {
    all: begun.map((entry) => releaseOf(entry, stateOf(entry), endOf(entry.release, journal))).reverse(),
    live,
    previous,
    oldest,
    unfinished: lastBegun && isOpen(lastBegun, journal) ? lastBegun : undefined,
  };
}

/** Back along the deploys: what was live when this release was deployed, or what was before that one. */
function previousOf(id: number, journal: readonly Entry[], fits: (id: number) => boolean): number | undefined {
  const from = journal.find(
    ({ action, outcome, release }) => action === "deploy" && outcome === "started" && release === id,
  )?.from;
  if (from === undefined || from === null) return undefined;
  return fits(from) ? from : previousOf(from, journal, fits);
}

const ends: readonly Entry["outcome"][] = ["live", "failed", "interrupted"];

const endOf = (release: number, journal: readonly Entry[]): Entry | undefined =>
  journal.find((entry) => entry.release === release && entry.action === "deploy" && ends.includes(entry.outcome));

const isOpen = (begun: Entry, journal: readonly Entry[]): boolean =>
  !journal.slice(journal.lastIndexOf(begun)).some(({ outcome }) => ends.includes(outcome));

const releaseOf = (entry: Entry, state: State, end: Entry | undefined): Release => ({
  id: entry.release,
  state,
  reference: entry.reference ?? "",
  image: entry.image ?? "",
  digest: entry.digest ?? null,
  revision: entry.revision ?? null,
  at: entry.at,
  by: entry.by,
  reason: state === "failed" ? (end?.reason ?? end?.outcome ?? null) : null,
});

export const nextId = ({ all }: Releases): number => Math.max(0, ...all.map(({ id }) => id)) + 1;

/** @throws UsageError when there is nothing to go back to, or the one asked for cannot be. */
export function rollbackTarget(releases: Releases, asked: number | undefined): number {
  const { live, previous, oldest, all } = releases;
  if (live === undefined) throw new UsageError("Nothing is deployed here", "Begin with: pnpm xnovu deploy");
  if (asked === undefined) {
    if (previous !== undefined) return previous;
    throw new UsageError(
      `There is no release before ${titleOf(live.id)} to go back to`,
      "`pnpm xnovu releases` lists what is kept; `pnpm xnovu deploy --tag T` starts any image.",
    );
  }
  const found = all.find(({ id }) => id === asked);
  const refuse = (why: string) => new UsageError(`${titleOf(asked)} ${why}`, "`pnpm xnovu releases` lists them.");
  if (found === undefined) throw refuse("is no release of this server");
  if (found.state === "live") throw refuse("is live already");
  if (found.state !== "previous" && found.state !== "retired")
    throw refuse(`cannot be gone back to: it is ${found.state}`);
  if (asked < oldest)
    throw refuse(
      `does not meet the schema any more: a later migration took away what releases before ${titleOf(oldest)} use`,
    );
  return asked;
}

export const isKept = ({ state }: Release): boolean => ["live", "previous", "retired"].includes(state);

/**
 * Of `images`, each `REFERENCE ID`: the tags that releases were pulled by which are not kept, and which would hold their layers for ever. A name
 * without a registry is somebody's own. Pure.
 */
export function unusedReferences({ all }: Releases, images: readonly string[]): string[] {
  const used = new Set(all.filter(isKept).map(({ image }) => image));
  const gone = all.filter((release) => !isKept(release) && release.reference.includes("/") && !used.has(release.image));
  const there = gone.filter(({ reference, image }) => images.includes(`${reference} ${image}`));
  return [...new Set(there.map(({ reference }) => reference))];
}

/** Those to remove so that `keep` stay, newest first. Never the live one, nor the one that `rollback` goes to. Pure. */
export function toPrune({ all }: Releases, keep: number): number[] {
  const kept = all.filter(isKept);
  const safe = kept.filter(({ state }) => state !== "retired").length;
  const retired = kept.filter(({ state }) => state === "retired");
  return retired.slice(Math.max(0, keep - safe)).map(({ id }) => id);
}
