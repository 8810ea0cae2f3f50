import type { FastifyInstance } from "fastify";
import { notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import { type Fields, isFields, type Topic } from "../types.ts";
import { isoNow, type World } from "../world.ts";
import { topicOf } from "./present.ts";
import { cursorPage, one, type Query, wrapped } from "./replies.ts";
import * as schemas from "./schemas.ts";

interface ByKey {
  Params: { topicKey: string };
}
interface TopicBody {
  name?: string;
  data?: Fields | null;
}

export function foundTopic(world: World, key: string): Topic {
  const topic = world.store.topics.get(key);
  if (topic === undefined) throw notFound(`Topic with key ${key} not found`);
  return topic;
}

export function topicRoutes(app: FastifyInstance, world: World): void {
  const { store } = world;
  app.post<{ Body: TopicBody & { key: string } }>(
    "/v2/topics",
    { schema: { body: schemas.upsertTopic } },
    (request, reply) => {
      const isNew = store.topics.get(request.body.key) === undefined;
      reply.code(isNew ? 201 : 200).send(wrapped(topicOf(upsertTopic(world, request.body.key, request.body))));
    },
  );
  app.get<{ Querystring: Query }>("/v2/topics", (request, reply) => {
    const key = one(request.query, "key");
    const name = one(request.query, "name");
    const rows = store.topics
      .all()
      .filter(
        (row) => (key === undefined || row.key.includes(key)) && (name === undefined || row.name?.includes(name)),
      );
    reply.send(wrapped(cursorPage(rows, request.query, topicOf)));
  });
  app.get<ByKey>("/v2/topics/:topicKey", (request, reply) => {
    reply.send(wrapped(topicOf(foundTopic(world, request.params.topicKey))));
  });
  app.patch<ByKey & { Body: TopicBody }>(
    "/v2/topics/:topicKey",
    { schema: { body: schemas.patchTopic } },
    (request, reply) => {
      const { key } = foundTopic(world, request.params.topicKey);
      reply.send(wrapped(topicOf(upsertTopic(world, key, request.body))));
    },
  );
  app.delete<ByKey>("/v2/topics/:topicKey", (request, reply) => {
    const { key } = foundTopic(world, request.params.topicKey);
    for (const row of store.subscriptions.all()) if (row.topicKey === key) store.subscriptions.delete(row.id);
    store.topics.delete(key);
    reply.send(wrapped({ acknowledged: true }));
  });
}

export function upsertTopic(world: World, key: string, { name, data }: TopicBody): Topic {
  const now = isoNow(world);
  const base = world.store.topics.get(key) ?? { id: newId(world.now()), key, createdAt: now, updatedAt: now };
  return world.store.topics.put({
    ...base,
    ...(name === undefined ? {} : { name }),
    ...(isFields(data) ? { data } : {}),
    updatedAt: now,
  });
}
