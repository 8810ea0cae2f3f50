// The workflows with a new first step: a change that would break the workflows that are running.
import { sleep } from "@temporalio/workflow";

export async function workerSession(): Promise<void> {
  await sleep("1 second");
}

export async function deliverClaim(): Promise<void> {
  await sleep("1 second");
}

/** The workflow type of release 0.1. */
export { workerSession as lane }; // words: allow
