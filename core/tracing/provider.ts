// Loaded by dynamic import, and only where traces are on. No other file imports OpenTelemetry's SDK.
import type { Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { TracingTarget } from "./target.ts";

export interface Tracing {
  readonly tracer: Tracer;
  /** Exports the spans that ended, within `limitMs`. Never rejects. */
  flush(limitMs: number): Promise<void>;
}

export interface TracingOptions {
  /** Default of `service.name`. */
  readonly service: string;
  readonly version: string;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** Most spans that wait for the collector; more are dropped. A claim of 1,000 notifications has about 1,000 spans. */
const maxQueueSize = 8_192;

/** Uses its own provider: with OpenTelemetry's global one, Next and other libraries would add their own spans. */
export function startTracing(target: TracingTarget, { service, version, log }: TracingOptions): Tracing {
  const { url, headers, attributes } = target;
  const exporter = logOutages(new OTLPTraceExporter({ url, headers: { ...headers } }), log);
  const own = { "service.name": service, "service.version": version, ...attributes };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)),
    sampler: samplerOf(target),
    // A claim has a link to the trace of each of its rows.
    spanLimits: { linkCountLimit: 1_000, attributeValueLengthLimit: 256 },
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize, scheduledDelayMillis: 1_000, exportTimeoutMillis: 15_000 }),
    ],
  });
  return {
    tracer: provider.getTracer("xnovu", version),
    flush: (limitMs) => provider.forceFlush({ timeoutMillis: limitMs }).catch(() => undefined),
  };
}

function samplerOf({ sampler, ratio }: TracingTarget): Sampler {
  const roots = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const own = (name: keyof typeof roots) => roots[name]();
  switch (sampler) {
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: own("always_on") });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: own("always_off") });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: own("traceidratio") });
    default:
      return own(sampler);
  }
}

/** Logs once when the collector goes away and once when it is back, so that lost spans do not flood the log. */
function logOutages(exporter: SpanExporter, log: TracingOptions["log"]): SpanExporter {
  let away = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed && !away)
          log.warn(
            { error: messageOf(result.error) },
            "the collector does not accept traces: spans are lost until it does",
          );
        if (!failed && away) log.info("the collector accepts traces again");
        away = failed;
        done(result);
      }),
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
