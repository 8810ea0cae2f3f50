import { createHmac, timingSafeEqual } from "node:crypto";
import { type Env, parse } from "../../../core/config/parse.ts";
import { SettingsError } from "../../../core/errors.ts";

/** `off`: the pages do not exist. `login`: the request needs a login. `granted`: it has one. */
export type Access = "off" | "login" | "granted";

/** The user name of the login; the password is XNOVU_OPERATOR_PASSWORD. */
const operatorName = "operator";

/** Checks the `Authorization` header (HTTP Basic) of a request to the operations pages. `off` unless a password is set. */
export function accessOf(env: Env, authorization: string | null): Access {
  const password = passwordOf(env);
  if (password === undefined) return "off";
  const given = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return "login";
  return same(password, Buffer.from(given, "base64").toString("utf8"), `${operatorName}:${password}`)
    ? "granted"
    : "login";
}

/** The token in each form. A browser sends the login along with a form of another site, but that site does not know the token. */
export const formToken = (env: Env, change: string): string =>
  mac(passwordOf(env) ?? "", `form ${change}`).toString("hex");

/** Whether a form came from one of our pages. False when the pages are off. */
export function isOurForm(env: Env, change: string, token: unknown): boolean {
  const password = passwordOf(env);
  return password !== undefined && typeof token === "string" && same(password, token, formToken(env, change));
}

function passwordOf(env: Env): string | undefined {
  try {
    return parse(env, ["app"]).app.operatorPassword;
  } catch (error) {
    // A bad setting must not grant access.
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}

const mac = (key: string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Compares texts of any length in constant time. */
const same = (key: string, a: string, b: string): boolean => timingSafeEqual(mac(key, a), mac(key, b));
