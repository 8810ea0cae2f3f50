const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** Formats milliseconds in the largest unit that fits: `3 minutes`. Under a second: `250 ms`. */
export function durationOf(ms: number): string {
  const [name, size] = units.find(([, one]) => ms >= one) ?? ["ms", 1];
  const count = Math.floor(ms / size);
  return name === "ms" ? `${count} ms` : `${count} ${name}${count === 1 ? "" : "s"}`;
}
