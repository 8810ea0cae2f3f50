export type { FaultOrder } from "./faults.ts";
export { type RunningNovu, startNovu } from "./server.ts";
export type { Effect } from "./store/effects.ts";
