import { setMaxListeners } from "node:events";
import { parse, secretsOf } from "../core/config/parse.ts";
import { crashPointFault } from "../core/crash-point.ts";
import { exitCodes, messageOf, SettingsError, XnovuError } from "../core/errors.ts";
import { createLogger, type Logger } from "../core/log.ts";
import { removePidFile, workerPidFile, writePidFile } from "../core/pid-file.ts";
import { backoffMs } from "../core/retry.ts";
import { serve } from "./http/server.ts";
import { type Step, shutDown } from "./lifecycle/shutdown.ts";
import { onSignals } from "./lifecycle/signals.ts";
import { sleep } from "./lifecycle/sleep.ts";
import { supervise } from "./lifecycle/supervise.ts";
import { healthSource, statusReport } from "./report.ts";
import { isTemporalUnavailable } from "./temporal/connect.ts";
import { installRuntime, workflowBundle } from "./temporal/runtime.ts";
import { runTemporal, type StartClaim } from "./temporal/temporal-workers.ts";
import { listenForNews, watchDatabase } from "./watch.ts";
import { type Wired, type WorkerSettings, wire } from "./wire.ts";
import type { LoopName } from "./wire-loops.ts";
import { version } from "./wire-metrics.ts";
import { workerTracing } from "./wire-tracing.ts";

/** Runs the Temporal worker; while Temporal cannot be reached it waits, and says so on the component status. */
async function temporalPart(wired: Wired, settings: WorkerSettings, log: Logger, signal: AbortSignal): Promise<void> {
  const bundle = await workflowBundle(log);
  const graceMs = Math.round(settings.worker.shutdownTimeoutMs * 0.7);
  for (let failures = 1; !signal.aborted; failures++) {
    const onUp = (start: StartClaim) => {
      failures = 0;
      wired.state.start = start;
      wired.components.set("temporal", "up");
    };
    const onDown = (reason: string) => {
      // The worker session goes on for as long as the server does not take it away.
      wired.state.start = undefined;
      wired.components.set("temporal", "down", `${settings.temporal.address} does not answer: ${reason}`);
    };
    try {
      const { owner, session, recover, deliverToken: deliver } = wired;
      const part = { settings: settings.temporal, owner, session, recover, deliver, onUp, onDown, graceMs };
      return await runTemporal(part, bundle, signal);
    } catch (error) {
      if (!isTemporalUnavailable(error)) throw error;
      wired.components.set("temporal", "down", `${settings.temporal.address} cannot be reached: ${messageOf(error)}`);
      await sleep(250 + backoffMs(failures, { baseMs: 500, maxMs: 10_000 }), signal);
    } finally {
      wired.state.start = undefined;
    }
  }
}

/** Starts every part under supervision. `parts` ends when the signals abort; it rejects when a part stays down. */
function startParts(
  wired: Wired,
  settings: WorkerSettings,
  log: Logger,
  stopClaiming: AbortSignal,
  stopTemporal: AbortSignal,
) {
  const { components, loops } = wired;
  const common = { components, limit: settings.worker.restartLimit, windowMs: settings.worker.restartWindowMs };
  const start = (name: string, run: (signal: AbortSignal) => Promise<void>, signal = stopClaiming) =>
    supervise({ ...common, name, run, signal });
  const loopParts = (Object.keys(loops) as LoopName[]).map((name) =>
    start(`loop:${name}`, (signal) => {
      components.set(`loop:${name}`, "up");
      return loops[name].run(signal);
    }),
  );
  return {
    claiming: Promise.all([
      ...loopParts,
      start("database", (signal) => watchDatabase(wired, signal)),
      start("listener", (signal) => listenForNews(wired, signal)),
    ]),
    temporal: start("temporal", (signal) => temporalPart(wired, settings, log, signal), stopTemporal),
  };
}

/** Runs the worker until it is told to stop. Resolves to the exit code; rejects with what kept it from starting. `onHandling` is called once it listens to signals itself. */
export async function run(onHandling: () => void): Promise<number> {
  const settings = parse(process.env, ["general", "novu", "database", "temporal", "worker", "tracing"]);
  const { worker } = settings;
  const crash = crashPointFault(process.env);
  if (crash !== undefined) throw new SettingsError([crash]);
  const log = createLogger({ name: "worker", level: settings.general.logLevel, secrets: secretsOf(process.env) });
  const tracing = await workerTracing(settings, log);
  const wired = wire(settings, log, { tracing });
  const [stopClaiming, stopTemporal] = [new AbortController(), new AbortController()];
  // Each part waits on it, some in two places; node takes more than ten for a leak.
  setMaxListeners(50, stopClaiming.signal);

  let stop: (reason: string) => void = () => undefined;
  const asked = new Promise<{ reason: string; fault?: unknown }>((resolve) => {
    stop = (reason) => resolve({ reason });
  });
  const offSignals = onSignals({
    stop,
    force(signal) {
      log.warn({ signal }, "second signal: stopping at once");
      const limit = new Promise((resolve) => setTimeout(resolve, 2_000));
      void Promise.race([wired.claims.releaseAll(wired.owner).catch(() => undefined), limit]).then(() =>
        process.exit(exitCodes.failed),
      );
    },
  });

  onHandling();

  const http = await serve({
    host: worker.host,
    port: worker.healthPort,
    source: healthSource(wired, settings),
    status: () => statusReport(wired, settings, version),
    metrics: wired.metrics,
    closeTimeoutMs: 2_000,
  });
  log.info({ port: http.port, owner: wired.owner, version }, `listening on http://${worker.host}:${http.port}/health`);
  // Only now: whoever has the port is the worker of this folder.
  const pidFile = workerPidFile(settings.general.stateDir, http.port);
  if (!writePidFile(pidFile)) log.debug({ pidFile }, "no pid file: the folder cannot be written to");
  installRuntime(log, settings.temporal.metricsAddress);
  const parts = startParts(wired, settings, log, stopClaiming.signal, stopTemporal.signal);
  const stopped = Promise.all([parts.claiming, parts.temporal]).then(() => ({ reason: "all parts ended" }));
  const end = await Promise.race([asked, stopped]).catch((fault: unknown) => ({ reason: "a part stays down", fault }));

  const { fault } = { fault: undefined, ...end };
  if (fault !== undefined)
    log.fatal({ error: messageOf(fault), hint: fault instanceof XnovuError ? fault.hint : undefined }, end.reason);
  else log.info({ reason: end.reason }, "stopping");
  wired.state.accepting = false;
  const ended = (controller: AbortController, part: Promise<unknown>) => {
    controller.abort();
    // A fault of the part was told by its supervisor.
    return part.catch(() => undefined);
  };
  const steps: Step[] = [
    { name: "claiming", run: () => ended(stopClaiming, parts.claiming) },
    {
      name: "deliveries",
      run() {
        wired.draining.abort();
        return ended(stopTemporal, parts.temporal);
      },
    },
    { name: "rows given back", run: () => wired.claims.releaseAll(wired.owner) },
    { name: "http", run: () => http.terminate() },
    { name: "database pool", run: () => wired.pool.end() },
    // Last, and not for long: a collector that is away must not hold up the stop.
    ...(tracing === undefined
      ? []
      : [{ name: "traces", run: () => tracing.flush(Math.min(2_000, worker.shutdownTimeoutMs / 10)) }]),
  ];
  const result = await shutDown(steps, worker.shutdownTimeoutMs, log);
  offSignals();
  removePidFile(pidFile);
  log.info({ result }, "stopped");
  if (fault instanceof XnovuError) return fault.exitCode;
  return fault === undefined && result !== "deadline" ? exitCodes.ok : exitCodes.failed;
}
