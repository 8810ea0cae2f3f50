import { setTimeout as sleep } from "node:timers/promises";
import type { NativeConnection } from "@temporalio/worker";
import { messageOf } from "../../core/errors.ts";

/** The SDK retries in silence while the server is away: asking it is the only way to know. `tell` gets the reason when it goes, nothing when it is back. */
export async function watchServer(
  connection: NativeConnection,
  signal: AbortSignal,
  tell: (reason: string | undefined) => void,
): Promise<void> {
  let away = false;
  while (!signal.aborted) {
    await sleep(away ? 500 : 3_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const reason = await connection
      .withDeadline(Date.now() + 2_000, () => connection.workflowService.getSystemInfo({}))
      .then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
    if (signal.aborted || away === (reason !== undefined)) continue;
    away = reason !== undefined;
    tell(reason);
  }
}
