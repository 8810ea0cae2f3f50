import type { Settings } from "../core/config/variables.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { tracingTarget } from "../core/tracing/target.ts";
import { version } from "./wire-metrics.ts";

/** The worker's traces; undefined, and nothing of OpenTelemetry is loaded, where they are off. */
export async function workerTracing(
  { tracing, novu }: Pick<Settings, "tracing" | "novu">,
  log: Logger,
): Promise<TracingPort | undefined> {
  const target = tracingTarget(tracing);
  if (target === undefined) return undefined;
  try {
    const [{ startTracing }, { createClaimSpans }] = await Promise.all([
      import("../core/tracing/provider.ts"),
      import("./tracing/claim-spans.ts"),
    ]);
    const started = startTracing(target, { service: "xnovu-worker", version, log });
    return createClaimSpans({ ...started, novuUrl: novu.apiUrl });
  } catch (error) {
    // What is to be delivered is worth more than what can be told of it.
    log.warn({ error: messageOf(error) }, "traces could not be started: the worker goes on without");
    return undefined;
  }
}
