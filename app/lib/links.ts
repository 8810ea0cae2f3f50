import type { Env } from "../../core/config/parse.ts";

/** Address of the inbox page that the embedded stack shows its deliveries on; undefined anywhere else, and when it is no web address. */
export function inboxUrl(env: Env): string | undefined {
  const value = env.XNOVU_INBOX_URL?.trim();
  if (!value || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}
