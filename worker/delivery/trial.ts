import type { DeliverDeps } from "./deliver.ts";

/** What a delivery that tries after a trip needs to know of the sending gate. */
export interface TrialGate {
  closed(): unknown;
  onTrial(): boolean;
}

/** For the claim that tries: one call, and more only when Novu has answered it, which ends the trial. */
export function tryOnce(deps: DeliverDeps, gate: TrialGate): DeliverDeps {
  let tried = false;
  return {
    ...deps,
    concurrency: 1,
    mayCall: () => gate.closed() === undefined && !(tried && gate.onTrial()),
    async onCall(...told) {
      await deps.onCall(...told);
      tried = true;
    },
  };
}
