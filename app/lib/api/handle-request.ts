import type { Pool } from "pg";
import { parse } from "../../../core/config/parse.ts";
import type { ApiKey } from "../../../outbox/api-keys.ts";
import { runtimeEnv } from "../env.ts";
import { appLog } from "../log.ts";
import { appPool } from "../pool.ts";
import { authenticate } from "./authenticate.ts";
import { Problem, replyProblem } from "./problem.ts";
import { problemFrom } from "./problem-from-error.ts";
import { consumeRate } from "./rate-limit.ts";

/** A request with a valid key. */
export interface ApiCall {
  readonly request: Request;
  readonly key: ApiKey;
  readonly pool: Pool;
  /** Consumes more of the rate limit: a list counts as many calls as it has notifications. */
  readonly consume: (points: number) => Promise<void>;
}

/** Authenticates a request before its body is read, passes it to `handle`, and turns every error into a problem response. */
export async function handleRequest(request: Request, handle: (call: ApiCall) => Promise<Response>): Promise<Response> {
  const log = appLog();
  let key: ApiKey | undefined;
  let response: Response;
  try {
    const { database, app } = parse(runtimeEnv(), ["database", "app"]);
    const pool = appPool(database);
    const valid = await authenticate(request, pool);
    key = valid;
    const consume = (points: number) => consumeRate(valid, points, app.apiRatePerMinute);
    await consume(1);
    response = await handle({ request, key: valid, pool, consume });
  } catch (error) {
    response = replyProblem(problemFrom(error, log));
  }
  const { pathname } = new URL(request.url);
  // The key's id and name only: the key itself must not reach the log.
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

interface IdContext {
  readonly params: Promise<{ readonly id: string }>;
}

/** A route handler for a path with a notification's id. */
export const handleWithId =
  (handle: (call: ApiCall, id: string) => Promise<Response>) =>
  async (request: Request, { params }: IdContext): Promise<Response> => {
    const { id } = await params;
    return handleRequest(request, (call) => handle(call, id));
  };

/** Responds to the methods that a path does not support. */
export const methodNotAllowed = (allow: string) => (): Response =>
  replyProblem(new Problem(405, { detail: `This path supports ${allow}.`, headers: { Allow: allow } }));
