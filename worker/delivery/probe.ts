/** What a probe needs to know of the sending pause. */
export interface ProbePause {
  current(): unknown;
  mustProbe(): boolean;
}

/** For the delivery that probes Novu: one call, and more only once Novu replied to it, which closes the breaker. */
export const probeMayCall =
  (pause: ProbePause) =>
  (callsEnded: number): boolean =>
    pause.current() === undefined && !(callsEnded > 0 && pause.mustProbe());
