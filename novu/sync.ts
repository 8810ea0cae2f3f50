import { HttpStatusError } from "../core/diagnosis/category.ts";
import { XnovuError } from "../core/errors.ts";
import { maskSecrets } from "../core/mask.ts";
import type { NovuOptions } from "./client.ts";
import { diagnoseNovu } from "./diagnosis.ts";

/**
 * `POST /v1/bridge/sync`: Novu queries the bridge at `bridgeUrl` for its workflows and stores them. Returns the workflows' ids.
 * Plain fetch, because the SDK has no such call.
 * @throws XnovuError with Novu's message, or with the reason why Novu could not be reached.
 */
export async function syncBridge({ apiUrl, secretKey, timeoutMs }: NovuOptions, bridgeUrl: string): Promise<string[]> {
  const explain = (error: unknown): XnovuError => {
    const { message, hint } = diagnoseNovu(error, apiUrl);
    return new XnovuError(maskSecrets(message, [secretKey]), { hint });
  };
  const response = await fetch(`${apiUrl}/v1/bridge/sync`, {
    method: "POST",
    headers: { authorization: `ApiKey ${secretKey}`, "content-type": "application/json" },
    body: JSON.stringify({ bridgeUrl }),
    // Novu calls the bridge before it replies.
    signal: AbortSignal.timeout(timeoutMs + 20_000),
  }).catch((error: unknown) => {
    throw explain(error);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return workflowIdsIn(body, apiUrl);
  // 400: Novu accepted the key but not what it found at `bridgeUrl`.
  if (response.status === 400)
    throw new XnovuError(`Novu replied with HTTP 400: ${messageIn(body)}`, {
      hint: `Check that Novu can reach ${bridgeUrl}, and that the app has the same NOVU_SECRET_KEY.`,
    });
  throw explain(new HttpStatusError(response.status, messageIn(body)));
}

const messageIn = (body: unknown): string => {
  const message = (body as { message?: unknown } | null | undefined)?.message;
  return Array.isArray(message) ? message.join("; ") : typeof message === "string" ? message : "no reason given";
};

/** Versions of Novu name the id differently. Entries without an id are left out. */
function workflowIdsIn(body: unknown, apiUrl: string): string[] {
  const data = (body as { data?: unknown } | null | undefined)?.data;
  if (!Array.isArray(data))
    throw new XnovuError(`the reply of ${apiUrl} lists no workflows`, {
      hint: "Check that NOVU_API_URL is the address of Novu's API.",
    });
  return data.flatMap(
    (entry: { triggers?: { identifier?: unknown }[]; workflowId?: unknown; identifier?: unknown; id?: unknown }) => {
      const id = entry.workflowId ?? entry.identifier ?? entry.triggers?.[0]?.identifier ?? entry.id;
      return typeof id === "string" ? [id] : [];
    },
  );
}
