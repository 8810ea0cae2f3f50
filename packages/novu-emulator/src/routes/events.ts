import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Intake } from "../delivery/intake.ts";
import { ApiError, unprocessable } from "../errors.ts";
import { newId } from "../ids.ts";
import { checkPayload } from "../payload-check.ts";
import type { Fields, TriggerBody } from "../types.ts";
import type { World } from "../world.ts";
import { wrapped } from "./replies.ts";
import * as schemas from "./schemas.ts";

/** The bodies are what their schemas say: fastify has checked them before a handler runs. */
export function eventRoutes(app: FastifyInstance, world: World, intake: Intake): void {
  app.post<{ Body: TriggerBody }>("/v1/events/trigger", { schema: { body: schemas.trigger } }, (request, reply) => {
    reply.code(201).send(wrapped(accept(world, intake, request, request.body, false)));
  });

  app.post<{ Body: { events: TriggerBody[] } }>(
    "/v1/events/trigger/bulk",
    { schema: { body: schemas.bulkTrigger } },
    (request, reply) => {
      const results = request.body.events.map((event) => acceptOrError(world, intake, request, event));
      reply.code(201).send(wrapped(results));
    },
  );

  app.post<{ Body: Omit<TriggerBody, "to"> }>(
    "/v1/events/trigger/broadcast",
    { schema: { body: schemas.broadcast } },
    (request, reply) => {
      reply.code(201).send(wrapped(accept(world, intake, request, { ...request.body, to: [] }, true)));
    },
  );

  app.delete<{ Params: { transactionId: string } }>("/v1/events/trigger/:transactionId", (request, reply) => {
    reply.send(wrapped(intake.cancel(request.params.transactionId)));
  });
}

function accept(world: World, intake: Intake, request: FastifyRequest, body: TriggerBody, broadcast: boolean): Fields {
  const workflow = world.store.workflows.get(body.name);
  if (workflow === undefined) throw unprocessable("workflow_not_found");
  if (workflow.steps.length === 0) return { acknowledged: true, status: "no_workflow_steps_defined" };
  const payload = body.payload ?? {};
  if (world.behaviour.validatePayload) checkPayload(request, workflow, payload);
  const transactionId = body.transactionId ?? `txn_${randomUUID()}`;
  intake.accept({
    id: newId(world.now()),
    transactionId,
    workflowId: body.name,
    to: Array.isArray(body.to) ? body.to : [body.to],
    broadcast,
    payload,
    overrides: body.overrides ?? {},
    ...(body.actor === undefined ? {} : { actor: body.actor }),
    acceptedAtMs: world.now(),
  });
  return { acknowledged: true, status: "processed", transactionId };
}

// In a bulk call an event that is refused does not stop the others.
function acceptOrError(world: World, intake: Intake, request: FastifyRequest, event: TriggerBody): Fields {
  try {
    return accept(world, intake, request, event, false);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { acknowledged: true, status: "error", error: [error.message] };
  }
}
