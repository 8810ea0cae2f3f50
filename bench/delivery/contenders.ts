import type { Checkout } from "../lib/checkout.ts";
import type { Contender } from "../lib/contender.ts";
import { bareSql, graphile, pgBoss, workflowPerRow } from "../peers/contenders.ts";
import { bare, bareSingle } from "./bare.ts";
import { xnovu } from "./xnovu.ts";

/** Rows of the slowest: some seconds of its time. Its rate is that of its own count. */
const workflowRows = 100;

/** Everyone who is measured, in the order of the first round. */
export const contenders = (checkout: Checkout): Contender[] => [
  xnovu({ checkout, processes: 1 }),
  bare(checkout),
  graphile(),
  graphile({ batched: true }),
  bareSingle(checkout),
  xnovu({ checkout, processes: 2 }),
  pgBoss,
  bareSql,
  xnovu({ checkout, processes: 4 }),
  workflowPerRow(workflowRows),
];
