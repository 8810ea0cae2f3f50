import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundleOption } from "@temporalio/worker";
import type { Logger } from "../../core/log.ts";

/** Once per process, before anything else of the SDK: the process's own handlers own the signals, and its log takes the SDK's lines. */
export function installRuntime(log: Logger): void {
  const level = { TRACE: "trace", DEBUG: "debug", INFO: "debug", WARN: "warn", ERROR: "error" } as const;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger("WARN", (entry) =>
      log[level[entry.level]]({ ...entry.meta, part: "temporal-sdk" }, entry.message),
    ),
  });
}

/** Compiled ahead for the image; made on the spot (about 2 s) when run from source. */
export async function workflowBundle(log: Logger): Promise<WorkflowBundleOption> {
  const codePath = fileURLToPath(new URL("./workflow-bundle.js", import.meta.url));
  if (existsSync(codePath)) return { codePath };
  const quiet = new DefaultLogger("ERROR", (entry) => log.error(entry.message));
  return await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("./workflows/index.ts", import.meta.url)),
    logger: quiet,
  });
}
