import type { Settings } from "../../core/config/variables.ts";
import { type Asked, ask, atMost, type Fault, faultOf } from "./ask.ts";
import type { Finding } from "./finding.ts";

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
    ask(() => connection.withDeadline(Date.now() + limitMs, work), limitMs + 500, faultOf);
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

/** As the worker connects, see worker/temporal/connect.ts. */
function tlsOf({ tls, apiKey, tlsCa, tlsCert, tlsKey }: TemporalSettings) {
  if (tls === false) return undefined;
  if (tls === undefined && apiKey === undefined && tlsCert === undefined && tlsCa === undefined) return undefined;
  return {
    ...(tlsCa === undefined ? {} : { serverRootCACertificate: Buffer.from(tlsCa) }),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { clientCertPair: { crt: Buffer.from(tlsCert), key: Buffer.from(tlsKey) } }),
  };
}

// gRPC status codes, https://grpc.io/docs/guides/status-codes/
const notFound = 5;
const refused = [7, 16];
/** Milliseconds: a poll lasts up to a minute, so a worker that lives was seen within a little more. */
const freshMs = 75_000;

export function judgeTemporal(facts: TemporalFacts, settings: TemporalSettings, nowMs: number): Finding[] {
  const { server, namespace, pollers } = facts;
  const { address, namespace: name, taskQueue } = settings;
  const findings: Finding[] = [
    server.ok
      ? { check: "temporal", state: "ok", ms: server.ms, found: `version ${server.value} at ${address}` }
      : { check: "temporal", state: "down", ms: server.ms, ...serverFault(server.fault, settings) },
  ];
  const credentials = !namespace.ok && refused.includes(Number(namespace.fault.code));
  if (!server.ok && !credentials)
    return [
      ...findings,
      unknown("temporal namespace", "Temporal does not answer"),
      unknown("temporal task queue", "Temporal does not answer"),
    ];
  findings.push(namespaceFinding(namespace, settings));
  if (!namespace.ok) return [...findings, unknown("temporal task queue", `namespace "${name}" cannot be used`)];
  if (!pollers.ok)
    return [
      ...findings,
      {
        check: "temporal task queue",
        state: "down",
        ms: pollers.ms,
        found: pollers.fault.message,
        todo: "see Temporal's log",
      },
    ];
  const fresh = pollers.value.filter(({ at }) => nowMs - Date.parse(at) < freshMs);
  const workers = [...new Set(fresh.map(({ identity }) => identity))].sort();
  const last = pollers.value
    .map(({ at }) => at)
    .sort()
    .at(-1);
  findings.push(
    workers.length > 0
      ? {
          check: "temporal task queue",
          state: "ok",
          ms: pollers.ms,
          found: `${taskQueue}: polled by ${workers.join(", ")}`,
        }
      : {
          check: "temporal task queue",
          state: "down",
          ms: pollers.ms,
          ...(last === undefined ? {} : { since: last }),
          found: `no worker polls ${taskQueue}`,
          todo: "start one with `pnpm xnovu worker start`, with the same TEMPORAL_TASK_QUEUE",
        },
  );
  return findings;
}

const unknown = (check: string, found: string): Finding => ({ check, state: "unknown", found });

function namespaceFinding(asked: TemporalFacts["namespace"], { namespace: name, address }: TemporalSettings): Finding {
  const check = "temporal namespace";
  if (asked.ok)
    return asked.value === "registered"
      ? { check, state: "ok", ms: asked.ms, found: name }
      : {
          check,
          state: "down",
          ms: asked.ms,
          found: `"${name}" is being deleted`,
          todo: "set TEMPORAL_NAMESPACE to one that stays",
        };
  const { code, message } = asked.fault;
  if (code === notFound)
    return {
      check,
      state: "down",
      ms: asked.ms,
      found: `Temporal at ${address} has no namespace "${name}"`,
      todo: `create it (temporal operator namespace create -n ${name}) or set TEMPORAL_NAMESPACE`,
    };
  return refused.includes(Number(code))
    ? { check, state: "down", ms: asked.ms, found: `the credentials are refused: ${message}`, todo: credentialsTodo }
    : { check, state: "down", ms: asked.ms, found: message, todo: "see Temporal's log" };
}

const credentialsTodo =
  "check TEMPORAL_API_KEY, or TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY, and that they may use this namespace";

function serverFault({ code, message }: Fault, settings: TemporalSettings): Pick<Finding, "found" | "todo"> {
  if (refused.includes(Number(code)))
    return { found: `${settings.address} refuses the credentials: ${message}`, todo: credentialsTodo };
  const tls =
    tlsOf(settings) === undefined
      ? "without TLS; a server that wants it needs TEMPORAL_TLS=true"
      : "by TLS; a server without it needs TEMPORAL_TLS=false";
  return {
    found: `${settings.address} cannot be reached: ${message}`,
    todo: `is it up, and is TEMPORAL_ADDRESS right? It was asked ${tls}`,
  };
}
