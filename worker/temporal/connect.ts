import { NativeConnection } from "@temporalio/worker";
import type { Settings } from "../../core/config/variables.ts";
import { diagnoseTemporal, isNamespaceMissing, isTemporalRefusal, temporalTls } from "../../core/diagnosis/temporal.ts";
import { XnovuError } from "../../core/errors.ts";
import { tlsFault } from "./tls-fault.ts";

export type TemporalSettings = Settings["temporal"];

/** Connects and looks that the namespace is there. An unreachable server rejects with what gRPC said; a wrong namespace, key or TLS setting is an XnovuError. */
export async function connect(settings: TemporalSettings): Promise<NativeConnection> {
  const { address, namespace, apiKey } = settings;
  const tls = temporalTls(settings);
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

/** A missing namespace and refused credentials need a person; any other error passes. */
function explain(error: unknown, settings: TemporalSettings): unknown {
  if (!isNamespaceMissing(error) && !isTemporalRefusal(error)) return error;
  const { message, hint } = diagnoseTemporal(error, settings);
  return new XnovuError(message, { hint, cause: error });
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
