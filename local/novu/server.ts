import Fastify, { type FastifyInstance } from "fastify";
import { messageOf } from "../../core/errors.ts";
import { addApiHooks, type Gatekeepers } from "./api-hooks.ts";
import { Calls } from "./calls.ts";
import { type Control, controlRoutes, createControl } from "./control.ts";
import { Intake } from "./delivery/intake.ts";
import { Faults } from "./faults.ts";
import { IdempotencyCache } from "./idempotency.ts";
import { inboxRoutes } from "./page/routes.ts";
import { type RateLimit, RateLimiter } from "./rate-limit.ts";
import { eventRoutes } from "./routes/events.ts";
import { messageRoutes } from "./routes/messages.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { subscriberRoutes } from "./routes/subscribers.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { topicRoutes } from "./routes/topics.ts";
import { healthRoute, workflowRoutes } from "./routes/workflows.ts";
import { type Behaviour, defaultBehaviour } from "./settings.ts";
import { Effects } from "./store/effects.ts";
import { openStore } from "./store/store.ts";
import { type Log, setBridgeUrl, type World } from "./world.ts";

export interface NovuOptions {
  /** 127.0.0.1 when absent. */
  host?: string;
  /** 0, a free one, when absent. */
  port?: number;
  /** Callers show it as `Authorization: ApiKey ...`; bridge calls are signed with it. */
  secretKey: string;
  /** Where to run the steps of workflows; a sync sets it too. Synced in the background as soon as it answers. */
  bridgeUrl?: string;
  /** Journal that keeps the data over restarts; in memory alone when absent. */
  dataFile?: string;
  idempotency?: boolean;
  transactionDedup?: boolean;
  /** false: accept and count events, run no steps. */
  deliver?: boolean;
  validatePayload?: boolean;
  rateLimit?: RateLimit | null;
  /** Waits between tries of a bridge call; Novu's 1, 2, 4 s when absent. */
  retryDelaysMs?: readonly number[];
  /** 5000 when absent, as in Novu. */
  bridgeTimeoutMs?: number;
  /** Factor on delays, digest and throttle windows; 1 when absent. */
  delayScale?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
  log?: Log;
}

export interface RunningNovu {
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  /** Ends requests, waits and bridge calls, and closes the data file. */
  close(): Promise<void>;
}

/**
 * Starts a Novu stand-in for development and tests: the API that the Novu SDK calls, the delivery that calls the bridge,
 * an inbox page at `/` and a control API at `/__control`.
 *
 * @throws what `listen` throws, such as EADDRINUSE.
 */
export async function startNovu(options: NovuOptions): Promise<RunningNovu> {
  const closing = new AbortController();
  const world = createWorld(options, closing.signal);
  const keepers: Gatekeepers = {
    calls: new Calls(),
    faults: new Faults(),
    idempotency: new IdempotencyCache(world.now),
    limiter: new RateLimiter(world.now),
  };
  const intake = new Intake(world);
  const control = createControl(world, keepers, intake, { ...world.behaviour });
  const app = await createApp(world, keepers, intake, control);
  const close = async () => {
    closing.abort();
    await intake.close();
    await app.close();
    world.store.close();
  };
  try {
    await app.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
  } catch (error) {
    await close();
    throw error;
  }
  const { port, url } = addressOf(app);
  if (world.store.damaged > 0)
    world.log("warn", `${world.store.damaged} damaged lines of ${options.dataFile} were left out`);
  intake.resume();
  if (options.bridgeUrl !== undefined) syncWhenUp(world, control, options.bridgeUrl);
  return { url, port, control, close };
}

function createWorld(options: NovuOptions, closing: AbortSignal): World {
  const now = options.now ?? Date.now;
  const behaviour: Behaviour = {
    idempotency: options.idempotency ?? defaultBehaviour.idempotency,
    transactionDedup: options.transactionDedup ?? defaultBehaviour.transactionDedup,
    deliver: options.deliver ?? defaultBehaviour.deliver,
    validatePayload: options.validatePayload ?? defaultBehaviour.validatePayload,
    rateLimit: options.rateLimit ?? defaultBehaviour.rateLimit,
  };
  return {
    secretKey: options.secretKey,
    store: openStore(options.dataFile),
    behaviour,
    effects: new Effects(),
    bridge: {
      secretKey: options.secretKey,
      retryDelaysMs: options.retryDelaysMs ?? [1000, 2000, 4000],
      timeoutMs: options.bridgeTimeoutMs ?? 5000,
      now,
    },
    delayScale: options.delayScale ?? 1,
    now,
    log: options.log ?? (() => undefined),
    closing,
  };
}

async function createApp(
  world: World,
  keepers: Gatekeepers,
  intake: Intake,
  control: Control,
): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: 20 * 1024 * 1024,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 600 },
    // Novu changes nothing in what it is sent, and tells every fault at once.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true, allErrors: true, strict: false },
    },
  });
  app.decorateRequest("rawBody", "");
  app.decorateRequest("visit", null);
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    request.rawBody = String(body);
    parseJson(request.rawBody, done);
  });
  await app.register((api, _options, done) => {
    addApiHooks(api, world, keepers);
    eventRoutes(api, world, intake);
    subscriberRoutes(api, world);
    topicRoutes(api, world);
    subscriptionRoutes(api, world);
    messageRoutes(api, world);
    notificationRoutes(api, world);
    workflowRoutes(api, world);
    healthRoute(api);
    done();
  });
  const controlPart = (part: FastifyInstance, _options: object, done: () => void) => {
    controlRoutes(part, control);
    done();
  };
  await app.register(controlPart, { prefix: "/__control" });
  inboxRoutes(app, world.store, world.now);
  return app;
}

function parseJson(text: string, done: (error: Error | null, body?: unknown) => void): void {
  try {
    // A DELETE or POST without a body may still name the content type.
    done(null, text === "" ? undefined : JSON.parse(text));
  } catch (error) {
    done(Object.assign(new Error(`The body is not JSON: ${messageOf(error)}`), { statusCode: 400 }));
  }
}

function addressOf(app: FastifyInstance): { port: number; url: string } {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens nowhere");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { port: address.port, url: `http://${host}:${address.port}` };
}

// The bridge is part of an app that starts beside this server: ask again until it is up.
function syncWhenUp(world: World, control: Control, bridgeUrl: string): void {
  setBridgeUrl(world, bridgeUrl);
  const attempt = () => {
    if (world.closing.aborted) return;
    control.sync(bridgeUrl).then(
      (workflows) => world.log("info", `Synced ${workflows.length} workflows from ${bridgeUrl}`),
      (error: unknown) => {
        world.log("debug", messageOf(error));
        setTimeout(attempt, 1000).unref();
      },
    );
  };
  attempt();
}
