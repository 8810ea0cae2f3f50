import { NativeConnection } from "@temporalio/worker";
import type { Settings } from "../../core/config/variables.ts";
import { diagnoseTemporal, isNamespaceMissing, isTemporalRefusal, temporalTls } from "../../core/diagnosis/temporal.ts";
import { XnovuError } from "../../core/errors.ts";
import { tlsError } from "./tls-error.ts";

export type TemporalSettings = Settings["temporal"];

/** Connects and checks that the namespace exists. Rejects with gRPC's error when the server is away, with an XnovuError when namespace, key or TLS settings are wrong. */
export async function connect(settings: TemporalSettings): Promise<NativeConnection> {
  const { address, namespace, apiKey } = settings;
  const tls = temporalTls(settings);
  const connection = await NativeConnection.connect({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  }).catch(async (error: unknown) => {
    const { tlsCa: ca, tlsCert: cert, tlsKey: key } = settings;
    throw (await tlsError(address, tls ? { ca, cert, key } : undefined)) ?? error;
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

/** A missing namespace or refused credentials become an XnovuError, since no retry helps. */
function explain(error: unknown, settings: TemporalSettings): unknown {
  if (!isNamespaceMissing(error) && !isTemporalRefusal(error)) return error;
  const { message, hint } = diagnoseTemporal(error, settings);
  return new XnovuError(message, { hint, cause: error });
}

/** Whether a Temporal call failed because the server is unreachable or too slow for now, so that a retry may work. */
export function isTemporalUnavailable(error: unknown): boolean {
  const codeOf = (e: unknown) => (e as { code?: unknown } | null)?.code;
  const cause = (error as { cause?: unknown } | null)?.cause;
  // CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE
  const transient = [1, 4, 8, 13, 14];
  return [error, cause].some(
    (e) => transient.includes(Number(codeOf(e) ?? -1)) || (e instanceof Error && e.name === "TransportError"),
  );
}
