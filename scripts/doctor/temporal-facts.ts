import type { Settings } from "../../core/config/variables.ts";
import { type Measured, measure } from "../../core/diagnosis/measure.ts";
import { temporalTls } from "../../core/diagnosis/temporal.ts";
import { atMost } from "./at-most.ts";

export interface TemporalFacts {
  /** The server's version. */
  readonly server: Measured<string>;
  readonly namespace: Measured<"registered" | "not registered">;
  /** Who polls the task queue; `at`: the time of the last poll, ISO 8601. */
  readonly pollers: Measured<readonly { readonly identity: string; readonly at: string }[]>;
}

export async function queryTemporal(settings: Settings["temporal"], limitMs: number): Promise<TemporalFacts> {
  const { Connection } = await import("@temporalio/client");
  const { address, namespace, taskQueue, apiKey } = settings;
  const tls = temporalTls(settings);
  const connection = Connection.lazy({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    // No interceptors, so that the client does not retry: the doctor reports the first error.
    interceptors: [],
  });
  const { workflowService: service } = connection;
  const call = <T>(work: () => Promise<T>) =>
    measure(() => connection.withDeadline(Date.now() + limitMs, work), limitMs + 500);
  const pollersOf = async (taskQueueType: number) =>
    (await service.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType })).pollers ?? [];
  try {
    const [server, found, pollers] = await Promise.all([
      call(async () => (await service.getSystemInfo({})).serverVersion),
      // 1: NAMESPACE_STATE_REGISTERED.
      call(async () =>
        (await service.describeNamespace({ namespace })).namespaceInfo?.state === 1 ? "registered" : "not registered",
      ),
      // 1: workflow tasks, 2: activity tasks.
      call(async () =>
        (await Promise.all([pollersOf(1), pollersOf(2)])).flat().map(({ identity, lastAccessTime }) => ({
          identity: identity ?? "",
          at: new Date(Number(lastAccessTime?.seconds ?? 0) * 1_000).toISOString(),
        })),
      ),
    ]);
    return { server, namespace: found, pollers };
  } finally {
    await atMost(500, connection.close());
  }
}
