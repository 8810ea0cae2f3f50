import { UsageError } from "../../core/errors.ts";
import type { Entry, Slot } from "./audit-log.ts";
import { titleOf } from "./names.ts";

/** `previous`: `rollback` goes here. `retired`: was live and is kept; `rollback <release>` goes here. `starting`: the audit log has no end of it yet. */
export type State = "live" | "previous" | "retired" | "failed" | "pruned" | "starting";

export interface Release {
  readonly id: number;
  readonly state: State;
  readonly reference: string;
  /** Image id in the engine. */
  readonly image: string;
  readonly digest: string | null;
  readonly revision: string | null;
  /** Time of the deploy, and who ran it. */
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
  /** Earlier releases do not work with the schema any more. */
  readonly oldest: number;
  /** Started without an end: the command was killed. */
  readonly unfinished: Entry | undefined;
}

/** The releases that an audit log describes. Pure. */
export function releasesOf(entries: readonly Entry[]): Releases {
  const wentLive = entries.filter(({ outcome }) => outcome === "live");
  const last = wentLive.at(-1);
  const live = last?.slot === undefined ? undefined : { id: last.release, slot: last.slot };
  const pruned = new Set(entries.filter(({ outcome }) => outcome === "pruned").map(({ release }) => release));
  const oldest = Math.max(1, ...entries.map((entry) => entry.oldest ?? 1));
  const kept = (id: number) => wentLive.some(({ release }) => release === id) && !pruned.has(id);
  const previous = live && previousOf(live.id, entries, (id) => kept(id) && id >= oldest);
  const stateOf = ({ release }: Entry): State => {
    if (release === live?.id) return "live";
    if (pruned.has(release)) return "pruned";
    if (release === previous) return "previous";
    if (kept(release)) return "retired";
    return endOf(release, entries) === undefined ? "starting" : "failed";
  };
  const deploys = entries.filter(({ action, outcome }) => action === "deploy" && outcome === "started");
  const lastStarted = entries.findLast(({ outcome }) => outcome === "started");
  return {
    all: deploys.map((entry) => releaseOf(entry, stateOf(entry), endOf(entry.release, entries))).reverse(),
    live,
    previous,
    oldest,
    unfinished: lastStarted && isOpen(lastStarted, entries) ? lastStarted : undefined,
  };
}

/** Follows the deploys back: the release that was live when this one was deployed, or the one before that. */
function previousOf(id: number, entries: readonly Entry[], fits: (id: number) => boolean): number | undefined {
  const from = entries.find(
    ({ action, outcome, release }) => action === "deploy" && outcome === "started" && release === id,
  )?.from;
  if (from === undefined || from === null) return undefined;
  return fits(from) ? from : previousOf(from, entries, fits);
}

const ends: readonly Entry["outcome"][] = ["live", "failed", "interrupted"];

const endOf = (release: number, entries: readonly Entry[]): Entry | undefined =>
  entries.find((entry) => entry.release === release && entry.action === "deploy" && ends.includes(entry.outcome));

const isOpen = (started: Entry, entries: readonly Entry[]): boolean =>
  !entries.slice(entries.lastIndexOf(started)).some(({ outcome }) => ends.includes(outcome));

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

/** @throws UsageError when there is no release to go back to, or the wanted one cannot serve. */
export function rollbackTarget(releases: Releases, wanted: number | undefined): number {
  const { live, previous, oldest, all } = releases;
  if (live === undefined) throw new UsageError("Nothing is deployed here", "Deploy a release first: pnpm xnovu deploy");
  if (wanted === undefined) {
    if (previous !== undefined) return previous;
    throw new UsageError(
      `There is no release before ${titleOf(live.id)} to go back to`,
      "`pnpm xnovu releases` lists the kept releases; `pnpm xnovu deploy --tag T` deploys any image.",
    );
  }
  const found = all.find(({ id }) => id === wanted);
  const refuse = (why: string) => new UsageError(`${titleOf(wanted)} ${why}`, "`pnpm xnovu releases` lists them.");
  if (found === undefined) throw refuse("is not a release of this server");
  if (found.state === "live") throw refuse("is live already");
  if (found.state !== "previous" && found.state !== "retired")
    throw refuse(`cannot be rolled back to: it is ${found.state}`);
  if (wanted < oldest)
    throw refuse(
      `does not work with the schema any more: a later migration removed what releases before ${titleOf(oldest)} use`,
    );
  return wanted;
}

export const isKept = ({ state }: Release): boolean => ["live", "previous", "retired"].includes(state);

/**
 * Selects from `images` (each `REFERENCE ID`) the pulled tags of releases that are not kept: they would keep the layers forever. A name without
 * a registry was not pulled by a deploy, so it stays. Pure.
 */
export function unusedReferences({ all }: Releases, images: readonly string[]): string[] {
  const used = new Set(all.filter(isKept).map(({ image }) => image));
  const gone = all.filter((release) => !isKept(release) && release.reference.includes("/") && !used.has(release.image));
  const there = gone.filter(({ reference, image }) => images.includes(`${reference} ${image}`));
  return [...new Set(there.map(({ reference }) => reference))];
}

/** The releases to remove so that `keep` stay, newest first. Never the live one nor the previous one. Pure. */
export function toPrune({ all }: Releases, keep: number): number[] {
  const kept = all.filter(isKept);
  const safe = kept.filter(({ state }) => state !== "retired").length;
  const retired = kept.filter(({ state }) => state === "retired");
  return retired.slice(Math.max(0, keep - safe)).map(({ id }) => id);
}
