import { NativeConnection } from "@temporalio/worker";
import type { Settings } from "../../core/config/variables.ts";
import { messageOf, XnovuError } from "../../core/errors.ts";
import { tlsFault } from "./tls-fault.ts";

export type TemporalSettings = Settings["temporal"];

/** Connects and looks that the namespace is there. An unreachable server rejects with what gRPC said; a wrong namespace, key or TLS setting is an XnovuError. */
export async function connect(settings: TemporalSettings): Promise<NativeConnection> {
  const { address, namespace, apiKey } = settings;
  const tls = tlsOf(settings);
  const connection = await NativeConnection.connect({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  }).catch(async (error: unknown) => {
    const { tlsCa: ca, tlsCert: cert, tlsKey: key } = settings;
    throw (await tlsFault(address, tls ? { ca, cert, key } : undefined)) ?? error;
  });
  try {
    await connection.withDeadline(Date.now() + 5_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return connection;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw explain(error, settings);
  }
}

function tlsOf({ tls, apiKey, tlsCa, tlsCert, tlsKey }: TemporalSettings) {
  // Said outright: with an API key the SDK takes TLS for granted.
  if (tls === false) return false;
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
const permissionDenied = 7;
const unauthenticated = 16;

function explain(error: unknown, { address, namespace }: TemporalSettings): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === notFound)
    return new XnovuError(`Temporal at ${address} has no namespace "${namespace}"`, {
      hint: `Create it (temporal operator namespace create -n ${namespace}) or set TEMPORAL_NAMESPACE.`,
      cause: error,
    });
  if (code === permissionDenied || code === unauthenticated)
    return new XnovuError(
      `Temporal at ${address} refused the credentials for namespace "${namespace}": ${messageOf(error)}`,
      {
        hint: "Check TEMPORAL_API_KEY, or TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY.",
      },
    );
  return error;
}

/** Whether an error of a Temporal call says that the server cannot be reached or is too slow now: worth waiting for. */
export function isTemporalUnavailable(error: unknown): boolean {
  const codeOf = (e: unknown) => (e as { code?: unknown } | null)?.code;
  const cause = (error as { cause?: unknown } | null)?.cause;
  // CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE
  const transient = [1, 4, 8, 13, 14];
  return [error, cause].some(
    (e) => transient.includes(Number(codeOf(e) ?? -1)) || (e instanceof Error && e.name === "TransportError"),
  );
}
