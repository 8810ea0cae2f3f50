import { isFields } from "../types.ts";

/** Novu wraps every answer in `{data}`, but for one that is a page and has `data` already. */
export const wrapped = (value: unknown): unknown =>
  isFields(value) && "data" in value && !("_id" in value) ? value : { data: value };

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One value of a query parameter. */
export function one(query: Query, name: string): string | undefined {
  const value = query[name];
  return Array.isArray(value) ? value[0] : value;
}

/** All values of a query parameter, written as `name=a&name=b` or `name[]=a`; none when it is absent. */
export function many(query: Query, name: string): string[] {
  return [query[name], query[`${name}[]`]].flat().filter((value) => value !== undefined);
}

/** A whole number of the query within limits, or the default. */
export function whole(query: Query, name: string, fallback: number, max: number): number {
  const value = Number(one(query, name) ?? fallback);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, max) : fallback;
}

export interface CursorPage<T> {
  data: T[];
  next: string | null;
  previous: string | null;
  totalCount: number;
  totalCountCapped: boolean;
}

/** A page of a cursor list: `after` and `before` hold the `_id` of a row, newest first unless `orderDirection=ASC`. */
export function cursorPage<R extends { id: string }, T>(
  rows: readonly R[],
  query: Query,
  present: (row: R) => T,
): CursorPage<T> {
  const limit = Math.max(1, whole(query, "limit", 10, 100));
  const ascending = one(query, "orderDirection") === "ASC";
  const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1) * (ascending ? 1 : -1));
  const include = one(query, "includeCursor") === "true";
  const start = startOf(sorted, query, limit, include);
  const page = sorted.slice(start, start + limit);
  return {
    data: page.map(present),
    next: start + limit < sorted.length ? (page.at(-1)?.id ?? null) : null,
    previous: start > 0 ? (page[0]?.id ?? null) : null,
    totalCount: rows.length,
    totalCountCapped: false,
  };
}

function startOf(sorted: readonly { id: string }[], query: Query, limit: number, include: boolean): number {
  const after = one(query, "after");
  const before = one(query, "before");
  const indexOf = (id: string) => sorted.findIndex((row) => row.id === id);
  if (after !== undefined) return indexOf(after) + (include ? 0 : 1);
  if (before !== undefined) return Math.max(0, indexOf(before) + (include ? 1 : 0) - limit);
  return 0;
}
