import { after } from "next/server";
import { parse } from "../../core/config/parse.ts";
import { messageOf } from "../../core/errors.ts";
import { bridgeCall } from "../../core/tracing/bridge-call.ts";
import { type TracingTarget, tracingTarget } from "../../core/tracing/target.ts";
import { runtimeEnv } from "./env.ts";
import { appLog } from "./log.ts";
import { oncePerProcess } from "./once.ts";
import { version } from "./version.ts";

/** Milliseconds in which the spans of several calls gather, and that sending them may take. A function's platform may freeze it after that. */
const gatherMs = 200;
const sendMs = 5_000;

/** A span for a call to the bridge that was answered, where traces are on. Sent after the answer: it waits for nothing. */
export function traceBridgeCall(request: Request, body: Uint8Array, status: number, startedAt: number): void {
  const target = oncePerProcess("traces-target", () => ({ on: readTarget() })).on;
  if (target === undefined) return;
  const call = bridgeCall(request, body, status);
  if (call === undefined) return;
  const endedAt = Date.now();
  after(async () => {
    try {
      const { tell, flushSoon } = await oncePerProcess("traces", () => start(target));
      tell(call, status, startedAt, endedAt);
      await flushSoon();
    } catch (error) {
      appLog().warn({ error: messageOf(error) }, "a call to the bridge could not be traced");
    }
  });
}

function readTarget(): TracingTarget | undefined {
  try {
    return tracingTarget(parse(runtimeEnv(), ["tracing"]).tracing);
  } catch (error) {
    appLog().warn({ reason: messageOf(error) }, "traces are off");
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
  /** Many calls at once make one request to the collector. */
  const flushSoon = (): Promise<void> => {
    flushing ??= new Promise((resolve) => setTimeout(resolve, gatherMs)).then(() => {
      flushing = undefined;
      return flush(sendMs);
    });
    return flushing;
  };
  return { tell: createBridgeSpans(tracer), flushSoon };
}
