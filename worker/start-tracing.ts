import type { Settings } from "../core/config/variables.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { tracingTarget } from "../core/tracing/target.ts";
import { version } from "./worker-metrics.ts";

/** Starts the worker's traces. Undefined where they are off; OpenTelemetry is not loaded then. */
export async function startWorkerTracing(
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
    // Deliveries matter more than traces.
    log.warn({ error: messageOf(error) }, "tracing could not start: the worker runs without it");
    return undefined;
  }
}
