import { appMutants } from "./app.ts";
import { claimMutants } from "./claims.ts";
import { deliveryMutants } from "./delivery.ts";
import { imageMutants } from "./images.ts";
import type { Mutant } from "./mutant.ts";
import { settleMutants } from "./settle.ts";
import { workerMutants } from "./worker.ts";

export const mutants: readonly Mutant[] = [
  ...claimMutants,
  ...settleMutants,
  ...deliveryMutants,
  ...workerMutants,
  ...appMutants,
  ...imageMutants,
];
