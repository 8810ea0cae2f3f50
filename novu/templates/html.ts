const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for use between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c] ?? c);

const linkable = ["http:", "https:", "mailto:"];

/** The URL as a browser reads it, or undefined when it is unsafe or not a URL (`javascript:`, `data:`, a path). */
export function safeUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return linkable.includes(parsed.protocol) ? parsed.href : undefined;
}
