import type { Pool } from "pg";
import { parse } from "../../../core/config/parse.ts";
import type { ApiKey } from "../../../outbox/api-keys.ts";
import { runtimeEnv } from "../env.ts";
import { appLog } from "../log.ts";
import { appPool } from "../pool.ts";
import { authenticate } from "./authenticate.ts";
import { problemOf } from "./fault.ts";
import { Problem, replyProblem } from "./problem.ts";
import { take } from "./rate.ts";

/** A request of a known key. */
export interface Call {
  readonly request: Request;
  readonly key: ApiKey;
  readonly pool: Pool;
  /** Counts more than the one call: a list takes as much as its notifications one by one. */
  readonly take: (points: number) => Promise<void>;
}

/** Lets a request with a valid key through to `handle`, and tells every fault as a problem. Nothing of the body is read before. */
export async function answer(request: Request, handle: (call: Call) => Promise<Response>): Promise<Response> {
  const log = appLog();
  let key: ApiKey | undefined;
  let response: Response;
  try {
    const { database, app } = parse(runtimeEnv(), ["database", "app"]);
    const pool = appPool(database);
    const known = await authenticate(request, pool);
    key = known;
    const takeMore = (points: number) => take(known, points, app.apiRatePerMinute);
    await takeMore(1);
    response = await handle({ request, key, pool, take: takeMore });
  } catch (error) {
    response = replyProblem(problemOf(error, log));
  }
  const { pathname } = new URL(request.url);
  // The key by its id and name: its text is nowhere but in the caller's hands.
  log.info(
    {
      method: request.method,
      path: pathname,
      status: response.status,
      keyId: key?.id,
      key: key?.name,
      tenant: key?.enterpriseId,
    },
    "api",
  );
  return response;
}

/** For the methods that a path does not have. */
export const methodNotAllowed = (allow: string) => (): Response =>
  replyProblem(new Problem(405, { detail: `This path takes ${allow}.`, headers: { Allow: allow } }));
