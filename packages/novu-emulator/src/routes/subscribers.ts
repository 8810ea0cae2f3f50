import type { FastifyInstance } from "fastify";
import { upsertSubscriber } from "../delivery/recipients.ts";
import { ApiError, notFound } from "../errors.ts";
import type { Subscriber, SubscriberFields } from "../types.ts";
import type { World } from "../world.ts";
import { subscriberOf } from "./present.ts";
import { cursorPage, one, type Query, wrapped } from "./replies.ts";
import * as schemas from "./schemas.ts";

interface ById {
  Params: { subscriberId: string };
}
type NewSubscriber = { subscriberId: string } & SubscriberFields;

export function subscriberRoutes(app: FastifyInstance, world: World): void {
  const { store } = world;
  const found = (subscriberId: string): Subscriber => {
    const row = store.subscribers.get(subscriberId);
    if (row === undefined) throw notFound(`Subscriber: ${subscriberId} was not found`);
    return row;
  };

  app.post<{ Body: NewSubscriber; Querystring: Query }>(
    "/v2/subscribers",
    { schema: { body: schemas.createSubscriber } },
    (request, reply) => {
      const { subscriberId, ...fields } = request.body;
      const existing = store.subscribers.get(subscriberId);
      if (existing && one(request.query, "failIfExists") === "true")
        throw new ApiError(409, `Subscriber with id: ${subscriberId} already exists`, subscriberOf(existing));
      reply.code(201).send(wrapped(subscriberOf(upsertSubscriber(world, subscriberId, fields))));
    },
  );

  app.post<{ Body: { subscribers: NewSubscriber[] } }>(
    "/v1/subscribers/bulk",
    { schema: { body: schemas.bulkSubscribers } },
    (request, reply) => {
      const created: object[] = [];
      const updated: object[] = [];
      for (const { subscriberId, ...fields } of request.body.subscribers) {
        (store.subscribers.get(subscriberId) ? updated : created).push({ subscriberId });
        upsertSubscriber(world, subscriberId, fields);
      }
      reply.code(201).send(wrapped({ updated, created, failed: [] }));
    },
  );

  app.get<{ Querystring: Query }>("/v2/subscribers", (request, reply) => {
    reply.send(
      wrapped(cursorPage(store.subscribers.all().filter(searched(request.query)), request.query, subscriberOf)),
    );
  });
  app.get<ById>("/v2/subscribers/:subscriberId", (request, reply) => {
    reply.send(wrapped(subscriberOf(found(request.params.subscriberId))));
  });
  app.patch<ById & { Body: SubscriberFields }>(
    "/v2/subscribers/:subscriberId",
    { schema: { body: schemas.patchSubscriber } },
    (request, reply) => {
      found(request.params.subscriberId);
      reply.send(wrapped(subscriberOf(upsertSubscriber(world, request.params.subscriberId, request.body))));
    },
  );
  app.delete<ById>("/v2/subscribers/:subscriberId", (request, reply) => {
    const { subscriberId } = found(request.params.subscriberId);
    for (const row of store.subscriptions.all())
      if (row.subscriberId === subscriberId) store.subscriptions.delete(row.id);
    store.subscribers.delete(subscriberId);
    reply.send(wrapped({ acknowledged: true, status: "deleted" }));
  });
}

function searched(query: Query): (row: Subscriber) => boolean {
  const { email, phone, subscriberId, name } = {
    email: one(query, "email"),
    phone: one(query, "phone"),
    subscriberId: one(query, "subscriberId"),
    name: one(query, "name"),
  };
  return (row) =>
    (email === undefined || row.email === email) &&
    (phone === undefined || row.phone === phone) &&
    (subscriberId === undefined || row.subscriberId === subscriberId) &&
    (name === undefined || `${row.firstName ?? ""} ${row.lastName ?? ""}`.includes(name));
}
