import { exitCodes } from "../../core/errors.ts";

/**
 * `warn`: works, and somebody should look. `bad`: a setting. `unknown`: could not be looked at, because of something that another finding names.
 * Only `down` and `bad` make the command fail.
 */
export type State = "ok" | "warn" | "down" | "bad" | "unknown";

/** One line of the report. */
export interface Finding {
  readonly check: string;
  readonly state: State;
  /** Milliseconds that the question took. */
  readonly ms?: number;
  /** ISO 8601: since when it is so. */
  readonly since?: string;
  readonly found: string;
  /** What to do next. */
  readonly todo?: string;
}

export function exitCodeOf(findings: readonly Finding[]): number {
  const has = (state: State) => findings.some((finding) => finding.state === state);
  return has("bad") ? exitCodes.settings : has("down") ? exitCodes.failed : exitCodes.ok;
}

/** Which program the settings are for, and so what is looked at. */
export const audiences = ["app", "worker", "all"] as const;
export type Audience = (typeof audiences)[number];
