import Fastify, { type FastifyInstance } from "fastify";
import { addApiHooks, type Gatekeepers } from "./api-hooks.ts";
import type { Control } from "./control.ts";
import { controlRoutes } from "./control-routes.ts";
import type { Intake } from "./delivery/intake.ts";
import { errorText } from "./error-text.ts";
import { inboxRoutes } from "./page/routes.ts";
import { eventRoutes } from "./routes/events.ts";
import { messageRoutes } from "./routes/messages.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { subscriberRoutes } from "./routes/subscribers.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { topicRoutes } from "./routes/topics.ts";
import { healthRoute, workflowRoutes } from "./routes/workflows.ts";
import type { World } from "./world.ts";

/** The HTTP server with all its routes, not listening yet. */
export async function createApp(
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
    done(Object.assign(new Error(`The body is not JSON: ${errorText(error)}`), { statusCode: 400 }));
  }
}
