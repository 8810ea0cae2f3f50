import type { FastifyInstance } from "fastify";
import { notFound } from "../errors.ts";
import type { Message } from "../types.ts";
import type { World } from "../world.ts";
import { messageOf } from "./present.ts";
import { many, one, type Query, whole, wrapped } from "./replies.ts";

export function messageRoutes(app: FastifyInstance, world: World): void {
  const { messages } = world.store;

  app.get<{ Querystring: Query }>("/v1/messages", (request, reply) => {
    const limit = Math.max(1, whole(request.query, "limit", 10, 1000));
    const page = whole(request.query, "page", 0, Number.MAX_SAFE_INTEGER);
    const rows = messages.all().filter(searched(request.query)).reverse();
    reply.send(
      wrapped({
        page,
        totalCount: rows.length,
        hasMore: (page + 1) * limit < rows.length,
        pageSize: limit,
        data: rows.slice(page * limit, (page + 1) * limit).map((row) => messageOf(world, row)),
      }),
    );
  });

  app.delete<{ Params: { messageId: string } }>("/v1/messages/:messageId", (request, reply) => {
    if (!messages.delete(request.params.messageId))
      throw notFound(`Message with id ${request.params.messageId} not found`);
    reply.send(wrapped({ acknowledged: true, status: "deleted" }));
  });

  app.delete<{ Params: { transactionId: string }; Querystring: Query }>(
    "/v1/messages/transaction/:transactionId",
    (request, reply) => {
      const channel = one(request.query, "channel");
      const rows = messages
        .all()
        .filter(
          (m) => m.transactionId === request.params.transactionId && (channel === undefined || m.channel === channel),
        );
      if (rows.length === 0) throw notFound(`No message of transaction ${request.params.transactionId} was found`);
      for (const row of rows) messages.delete(row.id);
      reply.code(204).send();
    },
  );
}

function searched(query: Query): (row: Message) => boolean {
  const channel = one(query, "channel");
  const subscriberId = one(query, "subscriberId");
  const transactions = new Set(many(query, "transactionId"));
  return (row) =>
    (channel === undefined || row.channel === channel) &&
    (subscriberId === undefined || row.subscriberId === subscriberId) &&
    (transactions.size === 0 || transactions.has(row.transactionId));
}
