import type { Settings } from "../../core/config/variables.ts";
import { type Asked, ask, atMost } from "./ask.ts";

type TemporalSettings = Settings["temporal"];

export interface TemporalFacts {
  /** Its version. */
  readonly server: Asked<string>;
  readonly namespace: Asked<"registered" | "not registered">;
  /** Who polls the task queue; `at`: when it last did, ISO 8601. */
  readonly pollers: Asked<readonly { readonly identity: string; readonly at: string }[]>;
}

export async function askTemporal(settings: TemporalSettings, limitMs: number): Promise<TemporalFacts> {
  const { Connection } = await import("@temporalio/client");
  const { address, namespace, taskQueue, apiKey } = settings;
  const tls = tlsOf(settings);
  const connection = Connection.lazy({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    // Without the client's own retries: what is wrong is wanted now.
    interceptors: [],
  });
  const { workflowService: service } = connection;
  const call = <T>(work: () => Promise<T>) =>
    ask(() => connection.withDeadline(Date.now() + limitMs, work), limitMs + 500);
  try {
    const [server, found, pollers] = await Promise.all([
      call(async () => (await service.getSystemInfo({})).serverVersion),
      // 1: registered.
      call(async () =>
        (await service.describeNamespace({ namespace })).namespaceInfo?.state === 1 ? "registered" : "not registered",
      ),
      // 1 and 2: those for workflows and those for activities.
      call(async () => {
        const of = (taskQueueType: number) =>
          service.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType });
        return (await Promise.all([of(1), of(2)])).flatMap(({ pollers: some }) =>
          (some ?? []).map(({ identity, lastAccessTime }) => ({
            identity: identity ?? "",
            at: new Date(Number(lastAccessTime?.seconds ?? 0) * 1_000).toISOString(),
          })),
        );
      }),
    ]);
    return { server, namespace: found, pollers };
  } finally {
    await atMost(500, connection.close());
  }
}

/** As the worker connects, see worker/temporal/connect.ts. False or undefined: without TLS. */
export function tlsOf({ tls, apiKey, tlsCa, tlsCert, tlsKey }: TemporalSettings) {
  // Said outright: with an API key the client takes TLS for granted.
  if (tls === false) return false;
  if (tls === undefined && apiKey === undefined && tlsCert === undefined && tlsCa === undefined) return undefined;
  return {
    ...(tlsCa === undefined ? {} : { serverRootCACertificate: Buffer.from(tlsCa) }),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { clientCertPair: { crt: Buffer.from(tlsCert), key: Buffer.from(tlsKey) } }),
  };
}
