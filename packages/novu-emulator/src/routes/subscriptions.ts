import type { FastifyInstance } from "fastify";
import { newId } from "../ids.ts";
import type { Fields, Subscription } from "../types.ts";
import { isoNow, type World } from "../world.ts";
import { subscriptionOf } from "./present.ts";
import { cursorPage, one, type Query, wrapped } from "./replies.ts";
import * as schemas from "./schemas.ts";
import { foundTopic, upsertTopic } from "./topics.ts";

interface ByKey {
  Params: { topicKey: string };
}
type Entry = string | { identifier?: string; subscriberId?: string };
interface Body {
  subscriberIds?: string[];
  subscriptions?: Entry[];
}

const entriesOf = (body: Body) =>
  [...(body.subscriberIds ?? []), ...(body.subscriptions ?? [])].map((entry) =>
    typeof entry === "string" ? { subscriberId: entry } : entry,
  );

export function subscriptionRoutes(app: FastifyInstance, world: World): void {
  const { store } = world;
  const path = "/v2/topics/:topicKey/subscriptions";

  app.post<ByKey & { Body: Body }>(path, { schema: { body: schemas.subscriptions } }, (request, reply) => {
    // Novu creates the topic on the way.
    const { key } = store.topics.get(request.params.topicKey) ?? upsertTopic(world, request.params.topicKey, {});
    const data: Fields[] = [];
    const errors: Fields[] = [];
    for (const { subscriberId = "", identifier } of entriesOf(request.body)) {
      if (store.subscribers.get(subscriberId) === undefined) errors.push(missing(subscriberId));
      else data.push(subscriptionOf(world, subscribe(world, key, subscriberId, identifier)));
    }
    reply.code(201).send(wrapped(summary(data, errors)));
  });

  app.delete<ByKey & { Body: Body }>(path, { schema: { body: schemas.subscriptions } }, (request, reply) => {
    const { key } = foundTopic(world, request.params.topicKey);
    const data: Fields[] = [];
    const errors: Fields[] = [];
    for (const entry of entriesOf(request.body)) {
      const rows = store.subscriptions.all().filter((row) => row.topicKey === key && fits(row, entry));
      if (rows.length === 0) errors.push(missing(entry.subscriberId ?? entry.identifier ?? ""));
      for (const row of rows) {
        data.push(subscriptionOf(world, row));
        store.subscriptions.delete(row.id);
      }
    }
    reply.send(wrapped(summary(data, errors)));
  });

  app.get<ByKey & { Querystring: Query }>(path, (request, reply) => {
    const { key } = foundTopic(world, request.params.topicKey);
    const subscriberId = one(request.query, "subscriberId");
    const rows = store.subscriptions
      .all()
      .filter((row) => row.topicKey === key && (subscriberId === undefined || row.subscriberId === subscriberId));
    reply.send(wrapped(cursorPage(rows, request.query, (row) => subscriptionOf(world, row))));
  });
}

function subscribe(world: World, topicKey: string, subscriberId: string, given?: string): Subscription {
  const identifier = given ?? `tk=${topicKey}:si=${subscriberId}`;
  const rows = world.store.subscriptions.all();
  const found = rows.find((row) => row.topicKey === topicKey && row.identifier === identifier);
  const now = isoNow(world);
  return (
    found ??
    world.store.subscriptions.put({
      id: newId(world.now()),
      identifier,
      topicKey,
      subscriberId,
      createdAt: now,
      updatedAt: now,
    })
  );
}

const fits = (row: Subscription, entry: { identifier?: string; subscriberId?: string }) =>
  (entry.identifier === undefined || row.identifier === entry.identifier) &&
  (entry.subscriberId === undefined || row.subscriberId === entry.subscriberId);

const missing = (subscriberId: string): Fields => ({
  subscriberId,
  code: "SUBSCRIBER_NOT_FOUND",
  message: `Subscriber with ID '${subscriberId}' could not be found.`,
});

const summary = (data: Fields[], errors: Fields[]): Fields => ({
  data,
  meta: { totalCount: data.length + errors.length, successful: data.length, failed: errors.length },
  ...(errors.length > 0 ? { errors } : {}),
});
