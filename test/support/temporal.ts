import { findTemporal, startTemporal } from "../../local/temporal.ts";

export interface TestTemporal {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

const namespace = "xnovu";

/**
 * The Temporal server that the runner shares, or one of its own when a file runs alone. Workflows are kept apart by
 * their task queue: take one that no other test uses.
 */
export async function testTemporal(): Promise<TestTemporal> {
  const shared = process.env.XNOVU_TEST_TEMPORAL_ADDRESS;
  if (shared) return { address: shared, namespace, close: async () => undefined };
  return privateTemporal();
}

/** A server for tests that stop or restart it. */
async function privateTemporal(): Promise<TestTemporal> {
  const server = await startTemporal({ binary: await temporalBinary(), namespace });
  return { address: server.address, namespace, close: () => server.stop() };
}

/** The Temporal CLI, found as `findTemporal` does; a download or build is reported on stderr. */
export function temporalBinary(): Promise<string> {
  const explicitPath = process.env.XNOVU_TEMPORAL_CLI;
  return findTemporal({ ...(explicitPath ? { explicitPath } : {}), log: console.error });
}
