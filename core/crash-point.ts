/** Points where a test can kill the process. The fault tests use these names. */
export const crashPoints = [
  "before-claim-commit",
  "after-claim",
  "after-session-start",
  "after-novu-accepted",
  "before-settle-commit",
  "row",
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** `name`, or `name:<n>` for the n-th pass. `row:<workflow>`: before a notification of that workflow is sent. */
const setting = process.env.XNOVU_CRASH_AT;
const [name, detail] = (setting ?? "").split(":");
let passes = 0;

/**
 * Kills this process with SIGKILL when XNOVU_CRASH_AT names the point. Never in production: the worker does not start with it, see
 * `crashPointProblem`.
 */
export function crashPoint(point: CrashPoint, workflow?: string): void {
  if (setting === undefined || point !== name) return;
  if (point === "row" ? workflow !== detail : ++passes < Number(detail ?? 1)) return;
  process.kill(process.pid, "SIGKILL");
  // The signal may arrive a moment after the call returns; nothing may happen in between.
  for (;;);
}

/** What is wrong with XNOVU_CRASH_AT; undefined if nothing is. */
export function crashPointProblem(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const value = env.XNOVU_CRASH_AT;
  if (value === undefined) return undefined;
  if (env.NODE_ENV === "production")
    return "XNOVU_CRASH_AT is for tests and not allowed when NODE_ENV is production: unset it";
  const known = crashPoints.some((point) => point === value.split(":")[0]);
  return known ? undefined : `XNOVU_CRASH_AT: one of ${crashPoints.join(", ")}, with :<n> or, for row, :<workflow>`;
}
