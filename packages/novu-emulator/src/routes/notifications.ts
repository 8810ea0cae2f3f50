import type { FastifyInstance } from "fastify";
import { notFound } from "../errors.ts";
import type { Notification } from "../types.ts";
import type { World } from "../world.ts";
import { activityOf } from "./present.ts";
import { many, one, type Query, whole, wrapped } from "./replies.ts";

/** The activity feed: every event per subscriber, with its jobs and why one failed. */
export function notificationRoutes(app: FastifyInstance, world: World): void {
  const { notifications } = world.store;

  app.get<{ Querystring: Query }>("/v1/notifications", (request, reply) => {
    const limit = Math.max(1, whole(request.query, "limit", 10, 100));
    const page = whole(request.query, "page", 0, Number.MAX_SAFE_INTEGER);
    const rows = notifications.all().filter(searched(world, request.query)).reverse();
    reply.send(
      wrapped({
        page,
        hasMore: (page + 1) * limit < rows.length,
        pageSize: limit,
        data: rows.slice(page * limit, (page + 1) * limit).map((row) => activityOf(world, row)),
      }),
    );
  });

  app.get<{ Params: { notificationId: string } }>("/v1/notifications/:notificationId", (request, reply) => {
    const row = notifications.get(request.params.notificationId);
    if (row === undefined) throw notFound(`Notification with id ${request.params.notificationId} not found`);
    reply.send(wrapped(activityOf(world, row)));
  });
}

function searched(world: World, query: Query): (row: Notification) => boolean {
  const transaction = one(query, "transactionId");
  const topic = one(query, "topicKey");
  const after = one(query, "after");
  const before = one(query, "before");
  const search = one(query, "search");
  const channels = many(query, "channels");
  const subscribers = many(query, "subscriberIds");
  const emails = many(query, "emails");
  const templates = many(query, "templates");
  const emailOf = (row: Notification) => world.store.subscribers.get(row.subscriberId)?.email ?? "";
  const templateOf = (row: Notification) => [row.workflowId, world.store.workflows.get(row.workflowId)?.id ?? ""];
  return (row) =>
    (transaction === undefined || row.transactionId === transaction) &&
    (topic === undefined || row.topics.includes(topic)) &&
    (after === undefined || row.createdAt >= new Date(after).toISOString()) &&
    (before === undefined || row.createdAt <= new Date(before).toISOString()) &&
    (search === undefined ||
      [row.transactionId, row.subscriberId, emailOf(row)].some((text) => text.includes(search))) &&
    (channels.length === 0 || row.jobs.some((job) => channels.includes(job.type))) &&
    (subscribers.length === 0 || subscribers.includes(row.subscriberId)) &&
    (emails.length === 0 || emails.includes(emailOf(row))) &&
    (templates.length === 0 || templateOf(row).some((id) => templates.includes(id)));
}
