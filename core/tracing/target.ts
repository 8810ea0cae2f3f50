import { pairsOf } from "../config/kinds.ts";
import type { Settings } from "../config/variables.ts";

/** Where spans are exported, and which ones. */
export interface TracingTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** From OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sampler: Settings["tracing"]["sampler"];
  /** Share of the traces that a ratio sampler keeps. */
  readonly ratio: number;
}

/** Undefined where traces are off. They are on when an endpoint is set and OTEL_SDK_DISABLED is not. */
export function tracingTarget(settings: Settings["tracing"]): TracingTarget | undefined {
  const { endpoint, tracesEndpoint, headers, serviceName, resourceAttributes, sampler, ratio, disabled } = settings;
  const url = tracesEndpoint ?? (endpoint === undefined ? undefined : `${endpoint}/v1/traces`);
  if (url === undefined || disabled) return undefined;
  return {
    url,
    headers: Object.fromEntries(pairsOf(headers ?? "")),
    attributes: {
      ...Object.fromEntries(pairsOf(resourceAttributes ?? "")),
      ...(serviceName === undefined ? {} : { "service.name": serviceName }),
    },
    sampler,
    ratio,
  };
}
