import type { FastifyInstance } from "fastify";
import { syncBridge } from "../sync.ts";
import type { World } from "../world.ts";
import { workflowOf } from "./present.ts";
import { many, one, type Query, whole, wrapped } from "./replies.ts";
import * as schemas from "./schemas.ts";

export function workflowRoutes(app: FastifyInstance, world: World): void {
  app.post<{ Body: { bridgeUrl: string } }>(
    "/v1/bridge/sync",
    { schema: { body: schemas.bridgeSync } },
    async (request, reply) => {
      const rows = await syncBridge(world, request.body.bridgeUrl);
      return reply.code(201).send(wrapped(rows.map((row) => ({ _id: row.id, id: row.workflowId, name: row.name }))));
    },
  );

  app.get<{ Querystring: Query }>("/v2/workflows", (request, reply) => {
    const query = one(request.query, "query")?.toLowerCase() ?? "";
    const tags = many(request.query, "tags");
    const limit = whole(request.query, "limit", 50, 100);
    const offset = whole(request.query, "offset", 0, Number.MAX_SAFE_INTEGER);
    const rows = world.store.workflows
      .all()
      .filter((row) => `${row.workflowId} ${row.name}`.toLowerCase().includes(query))
      .filter((row) => tags.length === 0 || row.tags.some((tag) => tags.includes(tag)));
    reply.send(wrapped({ workflows: rows.slice(offset, offset + limit).map(workflowOf), totalCount: rows.length }));
  });
}

/** Answers without a key, as Novu's does. */
export function healthRoute(app: FastifyInstance): void {
  app.get("/v1/health-check", (_request, reply) => {
    const up = { status: "up" };
    const parts = { db: up, apiVersion: { version: "local", ...up } };
    reply.send(wrapped({ status: "ok", info: parts, error: {}, details: parts }));
  });
}
