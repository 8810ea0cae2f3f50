import { discover } from "./bridge-client.ts";
import { badRequest } from "./errors.ts";
import { newId } from "./ids.ts";
import { type Fields, isFields, type StepType, type Workflow } from "./types.ts";
import { isoNow, setBridgeUrl, type World } from "./world.ts";

/**
 * Asks the bridge what it serves, saves it, and forgets what the bridge no longer has.
 *
 * @throws ApiError 400 when the bridge cannot be reached, refuses the signature or answers with something else.
 */
export async function syncBridge(world: World, bridgeUrl: string): Promise<Workflow[]> {
  const reply = await discover(bridgeUrl, { ...world.bridge, retryDelaysMs: [] }, world.closing);
  if (reply.kind === "failed") throw badRequest(`Bridge connection error: ${reply.reason}`, "BRIDGE_ERROR");
  const { workflows } = reply.body;
  if (!Array.isArray(workflows)) throw badRequest("Invalid Bridge URL Response: it lists no workflows", "BRIDGE_ERROR");
  const now = isoNow(world);
  const rows = workflows.filter(isFields).map((found) => workflowFrom(world, found, now));
  const kept = new Set(rows.map((row) => row.workflowId));
  for (const old of world.store.workflows.all())
    if (!kept.has(old.workflowId)) world.store.workflows.delete(old.workflowId);
  for (const row of rows) world.store.workflows.put(row);
  setBridgeUrl(world, bridgeUrl);
  return rows;
}

function workflowFrom(world: World, found: Fields, now: string): Workflow {
  const workflowId = String(found.workflowId);
  const old = world.store.workflows.get(workflowId);
  const steps = (Array.isArray(found.steps) ? found.steps : []).filter(isFields).map((step) => ({
    id: old?.steps.find((one) => one.stepId === step.stepId)?.id ?? newId(world.now()),
    stepId: String(step.stepId),
    // The framework has no other types than those that this server knows; a new one would fail at its step, by name.
    type: String(step.type) as StepType,
  }));
  const payload = isFields(found.payload) && isFields(found.payload.schema) ? found.payload.schema : {};
  return {
    id: old?.id ?? newId(world.now()),
    workflowId,
    name: typeof found.name === "string" ? found.name : workflowId,
    description: typeof found.description === "string" ? found.description : "",
    tags: Array.isArray(found.tags) ? found.tags.map(String) : [],
    severity: typeof found.severity === "string" ? found.severity : "none",
    steps,
    payloadSchema: payload,
    createdAt: old?.createdAt ?? now,
    updatedAt: now,
  };
}
