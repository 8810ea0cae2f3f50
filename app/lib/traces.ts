import { after } from "next/server";
import { parse } from "../../core/config/parse.ts";
import { messageOf } from "../../core/errors.ts";
import { bridgeCall } from "../../core/tracing/bridge-call.ts";
import { type TracingTarget, tracingTarget } from "../../core/tracing/target.ts";
import { runtimeEnv } from "./env.ts";
import { appLog } from "./log.ts";
import { oncePerProcess } from "./once.ts";
import { version } from "./version.ts";

/** Milliseconds to collect the spans of several calls, and the time limit to send them. Short, because a serverless platform may freeze the process. */
const gatherMs = 200;
const sendMs = 5_000;

/** Records a span for a finished call to the bridge, when tracing is on. It is sent after the response, so that no caller waits for it. */
export function traceBridgeCall(request: Request, body: Uint8Array, status: number, startedAt: number): void {
  const target = oncePerProcess("traces-target", () => ({ on: readTarget() })).on;
  if (target === undefined) return;
  const call = bridgeCall(request, body, status);
  if (call === undefined) return;
  const endedAt = Date.now();
  after(async () => {
    try {
      const { record, flushSoon } = await oncePerProcess("traces", () => start(target));
      record(call, status, startedAt, endedAt);
      await flushSoon();
    } catch (error) {
      appLog().warn({ error: messageOf(error) }, "could not trace a call to the bridge");
    }
  });
}

function readTarget(): TracingTarget | undefined {
  try {
    return tracingTarget(parse(runtimeEnv(), ["tracing"]).tracing);
  } catch (error) {
    appLog().warn({ reason: messageOf(error) }, "tracing is off");
    return undefined;
  }
}

async function start(target: TracingTarget) {
  const [{ startTracing }, { createBridgeSpans }] = await Promise.all([
    import("../../core/tracing/provider.ts"),
    import("../../core/tracing/bridge-spans.ts"),
  ]);
  const { tracer, flush } = startTracing(target, { service: "xnovu-app", version, log: appLog() });
  let flushing: Promise<void> | undefined;
  /** Concurrent calls share one request to the collector. */
  const flushSoon = (): Promise<void> => {
    flushing ??= new Promise((resolve) => setTimeout(resolve, gatherMs)).then(() => {
      flushing = undefined;
      return flush(sendMs);
    });
    return flushing;
  };
  return { record: createBridgeSpans(tracer), flushSoon };
}
