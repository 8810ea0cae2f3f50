/** Text as Markdown shows it literally, also inside a table cell. */
const escaped = (text: string): string => text.replace(/[<*|\\]/g, "\\$&").replace(/\n/g, " ");

/** Text with code spans: only what stands outside the backticks is escaped. */
export const escapedAround = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part.replaceAll("|", "\\|") : escaped(part)))
    .join("");

export const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
