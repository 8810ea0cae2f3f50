import { proxyActivities } from "@temporalio/workflow";
import type { BenchEvent } from "./novu-calls.ts";

const { sendRow } = proxyActivities<{ sendRow(id: string, event: BenchEvent): Promise<void> }>({
  startToCloseTimeout: "1 minute",
});

export const sendOne = (id: string, event: BenchEvent): Promise<void> => sendRow(id, event);
