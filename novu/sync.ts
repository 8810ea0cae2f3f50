import { messageOf, XnovuError } from "../core/errors.ts";
import { maskSecrets } from "../core/mask.ts";
import type { NovuOptions } from "./client.ts";

/**
 * `POST /v1/bridge/sync`: Novu asks the bridge at `bridgeUrl` what it serves and takes that over. Returns the workflows' ids.
 * Plain fetch, because the SDK has no such call.
 * @throws XnovuError with what Novu said, or why it said nothing.
 */
export async function syncBridge({ apiUrl, secretKey, timeoutMs }: NovuOptions, bridgeUrl: string): Promise<string[]> {
  const response = await fetch(`${apiUrl}/v1/bridge/sync`, {
    method: "POST",
    headers: { authorization: `ApiKey ${secretKey}`, "content-type": "application/json" },
    body: JSON.stringify({ bridgeUrl }),
    // Novu calls the bridge before it answers.
    signal: AbortSignal.timeout(timeoutMs + 20_000),
  }).catch((cause: unknown) => {
    throw new XnovuError(`Novu at ${apiUrl} cannot be reached: ${maskSecrets(messageOf(cause), [secretKey])}`, {
      hint: "Is NOVU_API_URL right? `pnpm xnovu up` starts an emulator here.",
    });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new XnovuError(`Novu answered ${response.status}: ${messageIn(body)}`);
  return workflowIdsIn(body, apiUrl);
}

const messageIn = (body: unknown): string => {
  const message = (body as { message?: unknown } | null | undefined)?.message;
  return Array.isArray(message) ? message.join("; ") : typeof message === "string" ? message : "no reason given";
};

/** Novu names the id differently in its versions; an entry without any is left out. */
function workflowIdsIn(body: unknown, apiUrl: string): string[] {
  const data = (body as { data?: unknown } | null | undefined)?.data;
  if (!Array.isArray(data))
    throw new XnovuError(`the answer of ${apiUrl} lists no workflows`, {
      hint: "Is NOVU_API_URL the address of Novu's API?",
    });
  return data.flatMap(
    (entry: { triggers?: { identifier?: unknown }[]; workflowId?: unknown; identifier?: unknown; id?: unknown }) => {
      const id = entry.workflowId ?? entry.identifier ?? entry.triggers?.[0]?.identifier ?? entry.id;
      return typeof id === "string" ? [id] : [];
    },
  );
}
