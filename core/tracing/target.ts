import { pairsOf } from "../config/kinds.ts";
import type { Settings } from "../config/variables.ts";

/** Where spans go, and which. */
export interface TracingTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sampler: Settings["tracing"]["sampler"];
  /** Share of the traces that a sampler by ratio keeps. */
  readonly ratio: number;
}

/** Undefined: traces are off. They are on where an endpoint is set and OTEL_SDK_DISABLED is not. */
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
