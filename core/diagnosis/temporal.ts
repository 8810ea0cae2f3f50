import type { Settings } from "../config/variables.ts";
import { messageOf } from "../errors.ts";
import { type Diagnosis, diagnosisOf } from "./diagnosis.ts";

type TemporalSettings = Settings["temporal"];

// gRPC status codes: https://grpc.io/docs/guides/status-codes/
const notFound = 5;
const permissionDenied = 7;
const unauthenticated = 16;

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

export const isTemporalRefusal = (error: unknown): boolean =>
  [permissionDenied, unauthenticated].includes(Number(codeOf(error)));

export const isNamespaceMissing = (error: unknown): boolean => codeOf(error) === notFound;

/** What an error of a call to Temporal means. */
export function diagnoseTemporal(error: unknown, settings: TemporalSettings): Diagnosis {
  const { address, namespace } = settings;
  if (isNamespaceMissing(error))
    return diagnosisOf(
      error,
      `Temporal at ${address} has no namespace "${namespace}"`,
      `Create it (temporal operator namespace create -n ${namespace}) or set TEMPORAL_NAMESPACE.`,
    );
  if (isTemporalRefusal(error))
    return {
      category: "refused our credentials",
      message: `Temporal at ${address} refuses the credentials for namespace "${namespace}": ${messageOf(error)}`,
      hint: "Check TEMPORAL_API_KEY, or TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY, and that they grant access to this namespace.",
    };
  return diagnosisOf(
    error,
    `Temporal at ${address} cannot be reached: ${messageOf(error)}`,
    `Check that it is up and that TEMPORAL_ADDRESS is right. ${tlsHint(settings)}`,
  );
}

const tlsHint = (settings: TemporalSettings): string =>
  temporalTls(settings)
    ? "The connection used TLS: a server without TLS needs TEMPORAL_TLS=false."
    : "The connection used no TLS: a server with TLS needs TEMPORAL_TLS=true.";

/** The TLS options of a connection to Temporal. False or undefined: without TLS. */
export function temporalTls({ tls, apiKey, tlsCa, tlsCert, tlsKey }: TemporalSettings) {
  // An explicit false: with an API key the SDK enables TLS by default.
  if (tls === false) return false;
  if (tls === undefined && apiKey === undefined && tlsCert === undefined && tlsCa === undefined) return undefined;
  return {
    ...(tlsCa === undefined ? {} : { serverRootCACertificate: Buffer.from(tlsCa) }),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { clientCertPair: { crt: Buffer.from(tlsCert), key: Buffer.from(tlsKey) } }),
  };
}
