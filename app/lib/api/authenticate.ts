import type { Pool } from "pg";
import { type ApiKey, findKey } from "../../../outbox/api-keys.ts";
import { Problem } from "./problem.ts";

/**
 * Finds the API key of a request.
 * @throws Problem 401, the same for an unknown, a revoked and a malformed key.
 */
export async function authenticate(request: Request, pool: Pool): Promise<ApiKey> {
  const given = /^Bearer +([^\s]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined) throw refusal("Send an API key: Authorization: Bearer <key>.", "");
  const key = await findKey(pool, given);
  if (key === undefined)
    throw refusal("This API key is not valid. Get one from the operator of the service.", ', error="invalid_token"');
  return key;
}

const refusal = (detail: string, error: string): Problem =>
  new Problem(401, { detail, headers: { "WWW-Authenticate": `Bearer realm="xnovu"${error}` } });
