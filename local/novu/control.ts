import type { FastifyInstance } from "fastify";
import type { Gatekeepers } from "./api-hooks.ts";
import type { SeenCall } from "./calls.ts";
import type { Intake } from "./delivery/intake.ts";
import type { Fault, FaultOrder } from "./faults.ts";
import { type Inbox, inboxOf, type SubscriberSummary, subscribersWithMail } from "./inbox.ts";
import { type Behaviour, defaultBehaviour } from "./settings.ts";
import type { Effect } from "./store/effects.ts";
import { syncBridge } from "./sync.ts";
import type { Message, Notification, Workflow } from "./types.ts";
import { isoNow, type World } from "./world.ts";

/** What tests do to the server and ask of it: in this process by these functions, from another by `/__control`. */
export interface Control {
  addFault(order: FaultOrder): Fault;
  faults(): readonly Fault[];
  clearFaults(): void;
  settings(): Behaviour;
  set(change: Partial<Behaviour>): Behaviour;
  calls(): { counts: Record<string, number>; last: SeenCall[] };
  effects(filter?: { transactionId?: string; subscriberId?: string }): Effect[];
  inbox(subscriberId: string): Inbox;
  subscribers(): SubscriberSummary[];
  messages(subscriberId?: string): Message[];
  notifications(transactionId?: string): Notification[];
  workflows(): Workflow[];
  /** Marks an in-app message as seen and read; false when there is none. */
  markRead(messageId: string): boolean;
  sync(bridgeUrl: string): Promise<Workflow[]>;
  /** Resolves when all that was accepted is delivered, failed, or waits in a delay or digest. */
  idle(): Promise<void>;
  /** Forgets messages, events, calls, effects, faults, replies and settings; `everything` also subscribers, topics and workflows. */
  reset(what?: "deliveries" | "everything"): void;
}

export function createControl(world: World, keepers: Gatekeepers, intake: Intake, initial: Behaviour): Control {
  const { store, behaviour, effects } = world;
  return {
    addFault: (order) => keepers.faults.add(order, world.now()),
    faults: () => keepers.faults.list(),
    clearFaults: () => keepers.faults.clear(),
    settings: () => ({ ...behaviour }),
    set: (change) => {
      if (change.rateLimit !== undefined) keepers.limiter.reset();
      return { ...Object.assign(behaviour, change) };
    },
    calls: () => ({ counts: keepers.calls.counts(), last: keepers.calls.last() }),
    effects: (filter) => effects.list(filter),
    inbox: (subscriberId) => inboxOf(store, subscriberId),
    subscribers: () => subscribersWithMail(store),
    messages: (subscriberId) =>
      store.messages.all().filter((row) => subscriberId === undefined || row.subscriberId === subscriberId),
    notifications: (transactionId) =>
      store.notifications.all().filter((row) => transactionId === undefined || row.transactionId === transactionId),
    workflows: () => store.workflows.all(),
    markRead: (messageId) => {
      const message = store.messages.get(messageId);
      if (message === undefined) return false;
      const now = isoNow(world);
      store.messages.put({ ...message, read: true, seen: true, lastReadDate: now, lastSeenDate: now });
      return true;
    },
    sync: (bridgeUrl) => syncBridge(world, bridgeUrl),
    idle: () => intake.idle(),
    reset: (what = "deliveries") => {
      intake.forget();
      for (const table of [store.events, store.notifications, store.messages]) table.clear();
      if (what === "everything")
        for (const table of [store.subscribers, store.topics, store.subscriptions, store.workflows]) table.clear();
      for (const part of [effects, keepers.calls, keepers.faults, keepers.idempotency]) part.clear();
      keepers.limiter.reset();
      Object.assign(behaviour, initial);
    },
  };
}

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

/** The same over HTTP, without a key, for this machine only. */
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
