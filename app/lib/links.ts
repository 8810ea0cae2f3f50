import { type Env, parse } from "../../core/config/parse.ts";

/** URL of the embedded stack's inbox page, which shows deliveries; undefined without the embedded stack or when it is not a web URL. */
export function inboxUrl(env: Env): string | undefined {
  const value = env.XNOVU_INBOX_URL?.trim();
  if (!value || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}

/** The port that the app listens on; the default when the setting is invalid. */
export function ownPort(env: Env): number {
  try {
    return parse({ PORT: env.PORT }, ["app"]).app.port;
  } catch {
    return parse({}, ["app"]).app.port;
  }
}
