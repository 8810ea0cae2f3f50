import { messageOf } from "../../../core/errors.ts";
import { runtimeEnv } from "../env.ts";
import { appLog } from "../log.ts";
import { oncePerProcess } from "../once.ts";
import type { CheckOutcome } from "./check.ts";
import { type CheckName, checkHealth, type HealthReport } from "./report.ts";

interface State {
  running: Promise<HealthReport> | undefined;
  readonly errors: Map<CheckName, string | undefined>;
}

const state = (): State => oncePerProcess("health", () => ({ running: undefined, errors: new Map() }));

/** The app's health now. Callers at the same moment share one run, so that a flood of them is not a flood on Postgres and Novu. */
export function currentHealth(): Promise<HealthReport> {
  const shared = state();
  shared.running ??= checkHealth(runtimeEnv(), logChange).finally(() => {
    shared.running = undefined;
  });
  return shared.running;
}

/** Strangers get a category; the fault itself goes to the log, once for each change. */
function logChange(name: CheckName, { result, fault }: CheckOutcome): void {
  const { errors } = state();
  if (errors.get(name) === result.error) return;
  errors.set(name, result.error);
  if (result.error === undefined) appLog().info({ check: name }, "up again");
  else appLog().warn({ check: name, category: result.error, reason: messageOf(fault) }, "down");
}
