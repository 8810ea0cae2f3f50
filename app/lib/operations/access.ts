import { createHmac, timingSafeEqual } from "node:crypto";
import { type Env, parse } from "../../../core/config/parse.ts";
import { SettingsError } from "../../../core/errors.ts";

/** `off`: there are no such pages. `ask`: who asks is to log in. */
export type Access = "off" | "ask" | "in";

/** The name to log in with, beside the password of XNOVU_OPERATOR_PASSWORD. */
const operatorName = "operator";

/** Pure: what a request to the operations pages may, from its `Authorization` header (HTTP Basic). Off unless a password is set. */
export function accessOf(env: Env, authorization: string | null): Access {
  const password = passwordOf(env);
  if (password === undefined) return "off";
  const given = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return "ask";
  return same(password, Buffer.from(given, "base64").toString("utf8"), `${operatorName}:${password}`) ? "in" : "ask";
}

/** What a form of these pages carries. A page of another site could send the login along with a form of its own, but not this. */
export const formToken = (env: Env, change: string): string =>
  mac(passwordOf(env) ?? "", `form ${change}`).toString("hex");

/** Whether a form came from a page of ours. False where the pages are off. */
export function isOurForm(env: Env, change: string, token: unknown): boolean {
  const password = passwordOf(env);
  return password !== undefined && typeof token === "string" && same(password, token, formToken(env, change));
}

function passwordOf(env: Env): string | undefined {
  try {
    return parse(env, ["app"]).app.operatorPassword;
  } catch (error) {
    // A setting that is wrong must not open anything.
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}

const mac = (key: string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Of texts of any length, in a time that tells nothing of where they differ. */
const same = (key: string, a: string, b: string): boolean => timingSafeEqual(mac(key, a), mac(key, b));
