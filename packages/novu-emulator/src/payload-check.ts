import type { FastifyRequest } from "fastify";
import { badRequest, type PayloadFault } from "./errors.ts";
import { type Fields, isFields, type Workflow } from "./types.ts";

/**
 * Checks an event's payload against the schema that the bridge reported for its workflow. A workflow without a schema of its
 * own is discovered as an object without properties: it takes anything. Defaults of the schema are filled in.
 *
 * @throws ApiError 400 with one entry per fault.
 */
export function checkPayload(request: FastifyRequest, workflow: Workflow, payload: Fields): void {
  const { properties } = workflow.payloadSchema;
  if (!isFields(properties) || Object.keys(properties).length === 0) return;
  // Compiled once per schema object, then found again by fastify.
  const validate = request.compileValidationSchema(workflow.payloadSchema);
  if (validate(payload)) return;
  const faults = (validate.errors ?? []).map(
    (error): PayloadFault => ({
      field: fieldOf(error.instancePath, error.params),
      message: error.message ?? error.keyword,
      schemaPath: error.schemaPath,
    }),
  );
  const said = faults.map((fault) => `${fault.field || "payload"} ${fault.message}`).join("; ");
  throw badRequest(
    `Payload validation failed for workflow ${workflow.workflowId}: ${said}`,
    "PAYLOAD_VALIDATION_ERROR",
    faults,
  );
}

/** `/a/0/b` and a missing property `c` as `a.0.b.c`. */
export function fieldOf(instancePath: string, params: Fields): string {
  const missing = params.missingProperty ?? params.additionalProperty;
  return [...instancePath.split("/").slice(1), ...(typeof missing === "string" ? [missing] : [])].join(".");
}
