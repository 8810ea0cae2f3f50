import type { Category } from "../../../core/diagnosis/category.ts";
import type { Diagnosis } from "../../../core/diagnosis/diagnosis.ts";
import { runtimeEnv } from "../env.ts";
import { appLog } from "../log.ts";
import { oncePerProcess } from "../once.ts";
import { type CheckName, checkHealth, type HealthReport } from "./report.ts";

interface State {
  running: Promise<HealthReport> | undefined;
  readonly errors: Map<CheckName, Category | undefined>;
}
const state = (): State => oncePerProcess("health", () => ({ running: undefined, errors: new Map() }));

/** The app's health now. Concurrent callers share one run, so that many requests do not become many queries to Postgres and Novu. */
export function currentHealth(): Promise<HealthReport> {
  const shared = state();
  shared.running ??= checkHealth(runtimeEnv(), logChange).finally(() => {
    shared.running = undefined;
  });
  return shared.running;
}

/** The response shows only a category; the log gets the whole diagnosis, once per change. */
function logChange(name: CheckName, diagnosis: Diagnosis | undefined): void {
  const { errors } = state();
  if (errors.get(name) === diagnosis?.category) return;
  errors.set(name, diagnosis?.category);
  if (diagnosis === undefined) {
    appLog().info({ check: name }, "up again");
    return;
  }
  const { category, message, hint } = diagnosis;
  appLog().warn({ check: name, category, reason: message, hint }, "down");
}
