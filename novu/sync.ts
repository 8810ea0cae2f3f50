import { XnovuError } from "../core/errors.ts";
import type { NovuOptions } from "./client.ts";

/**
 * `POST /v1/bridge/sync`: Novu asks the bridge at `bridgeUrl` what it serves and takes that over. Returns the workflows' ids.
 * Plain fetch, because the SDK has no such call.
 * @throws XnovuError with what Novu said.
 */
export async function syncBridge({ apiUrl, secretKey, timeoutMs }: NovuOptions, bridgeUrl: string): Promise<string[]> {
  const response = await fetch(`${apiUrl}/v1/bridge/sync`, {
    method: "POST",
    headers: { authorization: `ApiKey ${secretKey}`, "content-type": "application/json" },
    body: JSON.stringify({ bridgeUrl }),
    // Novu calls the bridge before it answers.
    signal: AbortSignal.timeout(timeoutMs + 20_000),
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new XnovuError(`Novu answered ${response.status}: ${messageIn(body)}`);
  return workflowIdsIn(body);
}

const messageIn = (body: unknown): string => {
  const message = (body as { message?: unknown } | undefined)?.message;
  return Array.isArray(message) ? message.join("; ") : typeof message === "string" ? message : "no reason given";
};

/** Novu names the id differently in its versions; an entry without any is left out. */
function workflowIdsIn(body: unknown): string[] {
  const data = (body as { data?: unknown } | undefined)?.data;
  if (!Array.isArray(data)) return [];
  return data.flatMap(
    (entry: { triggers?: { identifier?: unknown }[]; workflowId?: unknown; identifier?: unknown; id?: unknown }) => {
      const id = entry.workflowId ?? entry.identifier ?? entry.triggers?.[0]?.identifier ?? entry.id;
      return typeof id === "string" ? [id] : [];
    },
  );
}
