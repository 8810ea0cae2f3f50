/** Formats rows as text columns, the header first. Long cells are truncated, so that one long error does not widen the whole table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], maxCell = 60): string {
  const cut = (cell: string) => (cell.length > maxCell ? `${cell.slice(0, maxCell - 1)}…` : cell);
  const all = [header, ...rows].map((row) => row.map((cell) => cut(cell.replace(/\s+/g, " "))));
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Formats a time as `2026-11-01 12:00:05.123Z`, which also sorts. */
export const time = (iso: string | null): string => (iso === null ? "" : new Date(iso).toISOString().replace("T", " "));
