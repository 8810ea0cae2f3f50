import { median, round } from "./numbers.ts";

/** What each contender did in each round, by name. */
export type Rounds<T> = readonly Readonly<Record<string, T>>[];

/** Pure: the order of a round. Each begins one place further, so that nobody always follows the same one. */
export const turnOrder = <T>(all: readonly T[], roundIndex: number): T[] =>
  all.map((_, index) => all[(index + roundIndex) % all.length]).filter((item) => item !== undefined);

/** Pure: `a` over `b` in each round, and the middle of that: a machine that slows down slows both of a round. NaN when one was not measured. */
export function ratioOf<T>(rounds: Rounds<T>, a: string, b: string, of: (value: T) => number): number {
  const ratios = rounds.flatMap((one) => {
    const [x, y] = [one[a], one[b]];
    return x === undefined || y === undefined ? [] : [of(x) / of(y)];
  });
  return round(median(ratios), 3);
}

/** Pure: the middle of one contender's values. */
export const medianOf = <T>(rounds: Rounds<T>, name: string, of: (value: T) => number): number =>
  median(rounds.flatMap((one) => (one[name] === undefined ? [] : [of(one[name])])));
