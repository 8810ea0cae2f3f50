import type { DeliverDeps } from "./deliver.ts";

/** What a delivery that tries after a trip needs to know of the sending pause. */
export interface ProbeState {
  closed(): unknown;
  halfOpen(): boolean;
}

/** For the claim that tries: one call, and more only when Novu has answered it, which ends the probe. */
export function tryOnce(deps: DeliverDeps, sendingPause: ProbeState): DeliverDeps {
  let tried = false;
  return {
    ...deps,
    concurrency: 1,
    mayCall: () => sendingPause.closed() === undefined && !(tried && sendingPause.halfOpen()),
    async onCall(...told) {
      await deps.onCall(...told);
      tried = true;
    },
  };
}
