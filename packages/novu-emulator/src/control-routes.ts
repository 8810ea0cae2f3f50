import type { FastifyInstance } from "fastify";
import type { Control } from "./control.ts";
import type { FaultOrder } from "./faults.ts";
import { type Behaviour, defaultBehaviour } from "./settings.ts";

/** @returns the part of `change` that is a setting, or what is wrong with it. */
function checkedSettings(change: Record<string, unknown>): Partial<Behaviour> | string {
  for (const [name, value] of Object.entries(change)) {
    if (!(name in defaultBehaviour)) return `${name} is not a setting: ${Object.keys(defaultBehaviour).join(", ")}`;
    if (name !== "rateLimit" && typeof value !== "boolean") return `${name} is true or false`;
  }
  // Every name was checked against the settings and every value but the rate limit's is a boolean.
  return change as Partial<Behaviour>;
}

const settingsSchema = {
  type: "object",
  properties: {
    rateLimit: {
      type: ["object", "null"],
      required: ["perSecond"],
      properties: {
        perSecond: { type: "number", exclusiveMinimum: 0 },
        burst: { type: "number", exclusiveMinimum: 0 },
      },
    },
  },
};
const faultSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    match: {
      type: "object",
      additionalProperties: false,
      properties: { method: { type: "string" }, path: { type: "string" }, bodyIncludes: { type: "string" } },
    },
    skip: { type: "integer", minimum: 0 },
    times: { type: "integer", minimum: 1 },
    status: { type: "integer", minimum: 200, maximum: 599 },
    body: { type: "object" },
    headers: { type: "object", additionalProperties: { type: "string" } },
    cached: { type: "boolean" },
    delayMs: { type: "number", minimum: 0 },
    dropAfterAccept: { type: "boolean" },
    dropBefore: { type: "boolean" },
  },
};

const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** The control functions over HTTP, without a key, for this machine only. */
export function controlRoutes(app: FastifyInstance, control: Control): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (loopback.has(request.socket.remoteAddress ?? "")) return done();
    reply.code(403).send({ message: "The control API answers this machine only" });
  });
  app.post<{ Body: FaultOrder }>("/faults", { schema: { body: faultSchema } }, (request, reply) => {
    reply.code(201).send(control.addFault(request.body));
  });
  app.get("/faults", (_request, reply) => {
    reply.send(control.faults());
  });
  app.delete("/faults", (_request, reply) => {
    control.clearFaults();
    reply.code(204).send();
  });
  app.get("/settings", (_request, reply) => {
    reply.send(control.settings());
  });
  app.patch<{ Body: Record<string, unknown> }>("/settings", { schema: { body: settingsSchema } }, (request, reply) => {
    const change = checkedSettings(request.body);
    if (typeof change === "string") reply.code(400).send({ message: change });
    else reply.send(control.set(change));
  });
  app.get("/calls", (_request, reply) => {
    reply.send(control.calls());
  });
  app.get<{ Querystring: { transactionId?: string; subscriberId?: string } }>("/effects", (request, reply) => {
    reply.send({ effects: control.effects(request.query) });
  });
  app.get<{ Querystring: { subscriberId?: string } }>("/inbox", (request, reply) => {
    const { subscriberId } = request.query;
    reply.send(subscriberId === undefined ? { subscribers: control.subscribers() } : control.inbox(subscriberId));
  });
  app.get<{ Querystring: { transactionId?: string } }>("/notifications", (request, reply) => {
    reply.send({ notifications: control.notifications(request.query.transactionId) });
  });
  app.post<{ Params: { id: string } }>("/messages/:id/read", (request, reply) => {
    reply.code(control.markRead(request.params.id) ? 204 : 404).send();
  });
  app.post<{ Querystring: { what?: string } }>("/reset", (request, reply) => {
    control.reset(request.query.what === "everything" ? "everything" : "deliveries");
    reply.code(204).send();
  });
}
