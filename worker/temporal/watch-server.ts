import type { NativeConnection } from "@temporalio/worker";
import { messageOf } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";

/** Milliseconds between two requests: while the server is up, and while it is away. */
const intervalMs = 3_000;
const awayIntervalMs = 500;

/** Polls the server, since the SDK does not report that it is away. Calls `onChange` with the reason when it goes away, and with undefined when it is back. */
export async function watchServer(
  connection: NativeConnection,
  signal: AbortSignal,
  onChange: (reason: string | undefined) => void,
): Promise<void> {
  let away = false;
  while (!signal.aborted) {
    await sleep(away ? awayIntervalMs : intervalMs, signal);
    if (signal.aborted) return;
    const reason = await connection
      .withDeadline(Date.now() + 2_000, () => connection.workflowService.getSystemInfo({}))
      .then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
    if (signal.aborted || away === (reason !== undefined)) continue;
    away = reason !== undefined;
    onChange(reason);
  }
}
