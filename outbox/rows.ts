/** Postgres cannot store U+0000 in a text, and Novu's messages may contain it. Refused, the row could never be settled. */
export const withoutNul = (text: string): string => text.replaceAll("\0", "");

/** A row with its column names in camelCase and its times as ISO 8601 texts. */
export const camelCased = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
