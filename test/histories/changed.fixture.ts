// The workflows with a step before all others: what a careless change would do to those under way.
import { sleep } from "@temporalio/workflow";

export async function lane(): Promise<void> {
  await sleep("1 second");
}

export async function deliverClaim(): Promise<void> {
  await sleep("1 second");
}
