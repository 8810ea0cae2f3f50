import type { Diagnosis } from "../../core/diagnosis/diagnosis.ts";
import { exitCodes } from "../../core/errors.ts";

/**
 * `warn`: works, but deserves a look. `bad`: a bad setting. `unknown`: could not be checked because of a problem that another finding names.
 * Only `down` and `bad` make the command fail.
 */
export type State = "ok" | "warn" | "down" | "bad" | "unknown";

/** One line of the report. */
export interface Finding {
  readonly check: string;
  readonly state: State;
  /** Milliseconds that the check took. */
  readonly ms?: number;
  /** ISO 8601: since when this state holds. */
  readonly since?: string;
  readonly found: string;
  /** What to do next. */
  readonly todo?: string;
}

/** The finding of a check that failed. */
export const down = (check: string, ms: number, { message, hint }: Pick<Diagnosis, "message" | "hint">): Finding => ({
  check,
  state: "down",
  ms,
  found: message,
  todo: hint,
});

/** The finding of a check that another problem prevents. */
export const unknown = (check: string, found: string): Finding => ({ check, state: "unknown", found });

export function exitCodeOf(findings: readonly Finding[]): number {
  const has = (state: State) => findings.some((finding) => finding.state === state);
  return has("bad") ? exitCodes.settings : has("down") ? exitCodes.failed : exitCodes.ok;
}

/** Which program the settings are for, and so what to check. */
export const audiences = ["app", "worker", "all"] as const;
export type Audience = (typeof audiences)[number];
