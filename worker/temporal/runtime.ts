import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundleOption } from "@temporalio/worker";
import { messageOf, XnovuError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";

/**
 * Call once per process, before any other call of the SDK. The process keeps its own signal handlers, and the SDK logs to its log.
 *
 * @throws XnovuError when the SDK's metrics cannot be served on `metricsAddress`.
 */
export function installRuntime(log: Logger, metricsAddress?: string): void {
  const level = { TRACE: "trace", DEBUG: "debug", INFO: "debug", WARN: "warn", ERROR: "error" } as const;
  const install = () =>
    Runtime.install({
      shutdownSignals: [],
      ...(metricsAddress === undefined ? {} : { telemetryOptions: { metrics: metricsAt(metricsAddress) } }),
      logger: new DefaultLogger("WARN", (entry) =>
        log[level[entry.level]]({ ...entry.meta, component: "temporal-sdk" }, entry.message),
      ),
    });
  try {
    install();
  } catch (error) {
    if (metricsAddress === undefined) throw error;
    throw new XnovuError(`The Temporal SDK's metrics cannot be served on ${metricsAddress}: ${messageOf(error)}`, {
      hint: "Set XNOVU_TEMPORAL_METRICS_ADDRESS to an IP and a free port, such as 127.0.0.1:9464, or leave it unset.",
      cause: error,
    });
  }
}

/** Prometheus names: seconds, and counters that end in _total. */
const metricsAt = (bindAddress: string) => ({
  prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
});

/** Compiled ahead of time in the image; bundled now (about 2 s) when run from source. */
export async function workflowBundle(log: Logger): Promise<WorkflowBundleOption> {
  const codePath = fileURLToPath(new URL("./workflow-bundle.js", import.meta.url));
  if (existsSync(codePath)) return { codePath };
  const quiet = new DefaultLogger("ERROR", (entry) => log.error(entry.message));
  return await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("./workflows/index.ts", import.meta.url)),
    logger: quiet,
  });
}
