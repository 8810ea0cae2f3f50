const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c] ?? c);

const linkable = ["http:", "https:", "mailto:"];

/** The address as a browser would read it, or undefined when a reader must not be led there (`javascript:`, `data:`, a path, not an address). */
export function safeUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return linkable.includes(parsed.protocol) ? parsed.href : undefined;
}
