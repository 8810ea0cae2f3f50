/** Notifications that producers insert in one second of a day, from midnight. */
export type Load = (second: number) => number;

export const daySeconds = 86_400;

/** A part of the day. */
export interface Span {
  /** Seconds from midnight. */
  readonly at: number;
  readonly seconds: number;
}

/** `seconds` is how long the producer takes to insert the rows. */
export interface Campaign extends Span {
  readonly name: string;
  readonly rows: number;
}

const hours = (hour: number, minute = 0) => hour * 3600 + minute * 60;

/** What a product with one market sends: little at night, two humps by day, and what people start by hand or by the clock. */
export const campaigns: readonly Campaign[] = [
  { name: "nightly digest", at: hours(4), rows: 1_200_000, seconds: 600 },
  { name: "newsletter", at: hours(10), rows: 1_500_000, seconds: 300 },
  { name: "flash sale", at: hours(15, 30), rows: 300_000, seconds: 30 },
  { name: "reminders", at: hours(20), rows: 2_000_000, seconds: 1800 },
];

/** Another day: Novu refuses the key until somebody puts in a new one. */
export const keyRefused: Span = { at: hours(13), seconds: 40 * 60 };

const hump = (second: number, peak: number, width: number) => Math.exp(-(((second - hours(peak)) / hours(width)) ** 2));

/** The curve, scaled so that its ordinary peak is `peakPerSecond`. Has no chance in it: two runs give the same. */
export const dayLoad = (peakPerSecond: number): Load => {
  const ordinary = (second: number) => 0.05 + 0.8 * hump(second, 11, 3) + 0.95 * hump(second, 19, 2.5);
  return (second) => {
    const planned = campaigns.filter(({ at, seconds }) => second >= at && second < at + seconds);
    return ordinary(second) * peakPerSecond + planned.reduce((sum, { rows, seconds }) => sum + rows / seconds, 0);
  };
};
