import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Call, Calls } from "./calls.ts";
import { errorText } from "./error-text.ts";
import { ApiError, badRequest, errorBody, type FieldErrors, unprocessable } from "./errors.ts";
import type { Fault, Faults } from "./faults.ts";
import type { IdempotencyCache } from "./idempotency.ts";
import { fieldOf } from "./payload-check.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { type Fields, isFields } from "./types.ts";
import type { World } from "./world.ts";

export interface Gatekeepers {
  readonly calls: Calls;
  readonly faults: Faults;
  readonly idempotency: IdempotencyCache;
  readonly limiter: RateLimiter;
}

/** What a request carries from hook to hook. */
interface Visit {
  call: Call | undefined;
  fault: Fault | undefined;
  /** Set while this request is the one that fills the cache's entry. */
  idempotencyKey: string | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    rawBody: string;
    visit: Visit | null;
  }
}

const open = "/v1/health-check";

/** Auth, rate limit, faults and idempotency, in Novu's order, around every route of `api`. */
export function addApiHooks(api: FastifyInstance, world: World, keepers: Gatekeepers): void {
  const { calls, limiter, faults, idempotency } = keepers;

  api.addHook("onRequest", (request, reply, done) => {
    const path = pathOf(request);
    const call = callOf(world, request, path);
    request.visit = { call, fault: undefined, idempotencyKey: undefined };
    calls.start(call, `${request.method} ${request.routeOptions.url ?? "unknown"}`);
    if (path === open) return done();
    const refusal = refuse(world, request);
    if (refusal) return done(refusal);
    done(overLimit(world, limiter, path, reply));
  });

  api.addHook("preValidation", async (request, reply) => {
    const { visit } = request;
    if (visit === null) return;
    if (visit.call) visit.call.text = request.rawBody;
    const fault = faults.take(request.method, pathOf(request), request.rawBody);
    visit.fault = fault;
    if (fault && (await misbehave(fault, request, reply))) return reply;
    const key = world.behaviour.idempotency ? keyOf(request) : undefined;
    if (key === undefined) return;
    reply.header("Idempotency-Key", key);
    const lookup = idempotency.begin(key, request.rawBody);
    if (lookup.kind === "fresh") {
      visit.idempotencyKey = key;
      return;
    }
    reply.header("Idempotency-Replay", "true").type("application/json").code(lookup.status).send(lookup.payload);
    return reply;
  });

  // After the idempotency entry is open: a slow or failing call is in progress, or cached, for its repeats.
  api.addHook("preHandler", async (request) => {
    const fault = request.visit?.fault;
    if (!fault) return;
    if (fault.delayMs && !answersAtOnce(fault)) await sleep(fault.delayMs, undefined, { signal: world.closing });
    if (fault.cached && fault.status !== undefined)
      throw new ApiError(fault.status, "Fault on order", fault.body ?? {});
  });

  api.addHook("onSend", (request, reply, payload, done) => {
    // A reply on its way while the row is not yet written would be a promise that a kill -9 breaks.
    world.store.flush();
    const { visit } = request;
    if (visit?.call) visit.call.status = reply.statusCode;
    if (visit?.idempotencyKey !== undefined)
      idempotency.end(visit.idempotencyKey, reply.statusCode, typeof payload === "string" ? payload : "");
    if (visit?.fault?.dropAfterAccept) request.raw.socket.destroy();
    else if (visit?.fault?.headers) reply.headers(visit.fault.headers);
    done(null, payload);
  });

  api.setErrorHandler((error, request, reply) => answerError(world, error, request, reply));
  api.setNotFoundHandler((request, reply) => {
    const message = `Cannot ${request.method} ${request.url}`;
    reply.code(404).send(errorBody(404, pathOf(request), message, world.now(), { error: "Not Found" }));
  });
}

const pathOf = (request: FastifyRequest): string => request.url.split("?", 1)[0] ?? request.url;
const answersAtOnce = (fault: Fault) => fault.dropBefore || (fault.status !== undefined && !fault.cached);

function callOf(world: World, request: FastifyRequest, path: string): Call {
  const { authorization, ...headers } = request.headers;
  const shown = authorization === undefined ? headers : { ...headers, authorization: "ApiKey ***" };
  return { at: new Date(world.now()).toISOString(), method: request.method, path, headers: shown };
}

function refuse(world: World, request: FastifyRequest): ApiError | undefined {
  const [scheme, key] = (request.headers.authorization ?? "").split(" ");
  if (scheme === "ApiKey" && key === world.secretKey) return undefined;
  return new ApiError(401, scheme === "ApiKey" ? "API Key not found" : "Missing authorization header", {
    error: "Unauthorized",
  });
}

function overLimit(world: World, limiter: RateLimiter, path: string, reply: FastifyReply): ApiError | undefined {
  const { rateLimit } = world.behaviour;
  if (rateLimit === null) return undefined;
  const verdict = limiter.take(rateLimit, path.endsWith("/bulk") ? 100 : 1);
  reply.headers(verdict.headers);
  return verdict.allowed ? undefined : new ApiError(429, "API rate limit exceeded");
}

// Novu looks at the key of calls that change something by POST or PATCH only.
function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  return (request.method === "POST" || request.method === "PATCH") && typeof key === "string" && key ? key : undefined;
}

/** True when the request has been answered, or will never be. */
async function misbehave(fault: Fault, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  if (!answersAtOnce(fault)) return false;
  if (fault.delayMs) await sleep(fault.delayMs);
  if (fault.dropBefore) {
    reply.hijack();
    request.raw.socket.destroy();
    return true;
  }
  const status = fault.status ?? 500;
  const body = fault.body ?? errorBody(status, pathOf(request), "Fault on order", Date.now());
  reply
    .code(status)
    .headers(fault.headers ?? {})
    .send(body);
  return true;
}

function answerError(world: World, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request);
  const fault = faultOf(error);
  if (fault.statusCode >= 500 && !(error instanceof ApiError))
    world.log("error", `${request.method} ${path} broke: ${fault.message}`);
  reply
    .code(fault.statusCode)
    .headers(fault.headers)
    .send(errorBody(fault.statusCode, path, fault.message, world.now(), fault.extra));
}

function faultOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isFields(error) && Array.isArray(error.validation))
    return unprocessable("Validation Error", fieldErrors(error.validation.filter(isFields)));
  const status = isFields(error) && typeof error.statusCode === "number" ? error.statusCode : 500;
  return status === 400 ? badRequest(errorText(error)) : new ApiError(status, errorText(error));
}

function fieldErrors(faults: readonly Fields[]): FieldErrors {
  const errors: Record<string, { messages: string[] }> = {};
  for (const fault of faults) {
    // `if` only says that one of its branches failed; the branch's own faults are listed beside it.
    if (fault.keyword === "if") continue;
    const params = isFields(fault.params) ? fault.params : {};
    const field = fieldOf(String(fault.instancePath ?? ""), params) || "general";
    const entry = errors[field] ?? { messages: [] };
    entry.messages.push(`${field} ${String(fault.message ?? "is invalid")}`);
    errors[field] = entry;
  }
  return errors;
}
