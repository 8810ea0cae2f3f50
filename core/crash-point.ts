/** Where a test may have the process die. The names are the contract of the fault tests. */
export const crashPoints = [
  "before-claim-commit",
  "after-claim",
  "after-session-start",
  "after-novu-accepted",
  "before-settle-commit",
  "row",
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** `name`, or `name:<n>` for the n-th pass; `row:<workflow>` when a notification of that workflow is about to be sent. */
const asked = process.env.XNOVU_CRASH_AT;
const [name, detail] = (asked ?? "").split(":");
let passes = 0;

/**
 * Kills this process, as SIGKILL does, when XNOVU_CRASH_AT names the point. Never in production: `crashPointProblem` ends a worker that was
 * started so.
 */
export function crashPoint(point: CrashPoint, workflow?: string): void {
  if (asked === undefined || point !== name) return;
  if (point === "row" ? workflow !== detail : ++passes < Number(detail ?? 1)) return;
  process.kill(process.pid, "SIGKILL");
  // The signal is delivered before the call returns, or a moment later: nothing may happen in between.
  for (;;);
}

/** What is wrong with XNOVU_CRASH_AT in these settings, or undefined. */
export function crashPointProblem(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const value = env.XNOVU_CRASH_AT;
  if (value === undefined) return undefined;
  if (env.NODE_ENV === "production")
    return "XNOVU_CRASH_AT is for tests and refused when NODE_ENV is production: unset it";
  const known = crashPoints.some((point) => point === value.split(":")[0]);
  return known ? undefined : `XNOVU_CRASH_AT: one of ${crashPoints.join(", ")}, with :<n> or, for row, :<workflow>`;
}
