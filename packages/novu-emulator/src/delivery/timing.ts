import { type Fields, isFields } from "../types.ts";
import { nextCron } from "./cron.ts";

const unitMs: Readonly<Record<string, number>> = {
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
  // Novu's worker counts a month as 30 days here.
  months: 2_592_000_000,
};

/** Milliseconds of `{amount, unit}`; `undefined` when it is not one. */
export function durationMs(value: unknown): number | undefined {
  if (!isFields(value) || typeof value.amount !== "number" || typeof value.unit !== "string") return undefined;
  const unit = unitMs[value.unit];
  return unit === undefined || !(value.amount >= 0) ? undefined : value.amount * unit;
}

/**
 * How long a delay or digest step asks to wait: `{amount, unit}`, a cron expression, or a key of the payload that holds
 * a date or `{amount, unit}`. Milliseconds, or why it is unknown.
 */
export function waitMs(outputs: Fields, payload: Fields, nowMs: number): number | { problem: string } {
  const fixed = durationMs(outputs);
  if (fixed !== undefined) return fixed;
  if (typeof outputs.cron === "string") {
    const at = nextCron(outputs.cron, nowMs);
    return at === undefined ? { problem: `The cron expression "${outputs.cron}" was not understood` } : at - nowMs;
  }
  if (typeof outputs.dynamicKey === "string") return dynamicMs(outputs.dynamicKey, payload, nowMs);
  return { problem: "The step gave neither an amount and unit, nor a cron expression, nor a dynamic key" };
}

function dynamicMs(key: string, payload: Fields, nowMs: number): number | { problem: string } {
  const value = valueAt(payload, key);
  const fixed = durationMs(value);
  if (fixed !== undefined) return fixed;
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) return { problem: `The payload holds no date or duration at "${key}"` };
  return at < nowMs ? { problem: `The date at "${key}" is in the past` } : at - nowMs;
}

/** The value at a dotted path of the payload; a leading `payload.` is optional. */
export function valueAt(payload: Fields, path: string): unknown {
  let value: unknown = payload;
  for (const name of path.replace(/^payload\./, "").split(".")) value = isFields(value) ? value[name] : undefined;
  return value;
}

/** What events are grouped by: the payload's value at the key when there is one, else the key itself. */
export function groupKey(key: unknown, payload: Fields): string {
  if (typeof key !== "string" || key === "") return "";
  const value = valueAt(payload, key);
  return value === undefined ? key : `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`;
}
