import type { Pool } from "pg";
import { type ApiKey, findKey } from "../../../outbox/api-keys.ts";
import { Problem } from "./problem.ts";

/**
 * The key that a request comes with.
 * @throws Problem 401. What is wrong with a key that is not taken (unknown, revoked, misspelt) is not told.
 */
export async function authenticate(request: Request, pool: Pool): Promise<ApiKey> {
  const given = /^Bearer +([^\s]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined) throw refusal("Send an API key: Authorization: Bearer <key>.", "");
  const key = await findKey(pool, given);
  if (key === undefined)
    throw refusal("This API key is not valid. Ask whoever runs the service for one.", ', error="invalid_token"');
  return key;
}

const refusal = (detail: string, error: string): Problem =>
  new Problem(401, { detail, headers: { "WWW-Authenticate": `Bearer realm="xnovu"${error}` } });
