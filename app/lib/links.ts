import { type Env, parse } from "../../core/config/parse.ts";

/** Address of the inbox page that the embedded stack shows its deliveries on; undefined anywhere else, and when it is no web address. */
export function inboxUrl(env: Env): string | undefined {
  const value = env.XNOVU_INBOX_URL?.trim();
  if (!value || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}

/** Port that the app listens on, as set where it runs; the usual one when that cannot be read. */
export function ownPort(env: Env): number {
  try {
    return parse({ PORT: env.PORT }, ["app"]).app.port;
  } catch {
    return parse({}, ["app"]).app.port;
  }
}
