import { setMaxListeners } from "node:events";
import { parse, secretsOf } from "../core/config/parse.ts";
import type { Settings } from "../core/config/variables.ts";
import { crashPointProblem } from "../core/crash-point.ts";
import { exitCodes, messageOf, SettingsError, XnovuError } from "../core/errors.ts";
import { createLogger, type Logger } from "../core/log.ts";
import { removePidFile, workerPidFile, writePidFile } from "../core/pid-file.ts";
import { sleep } from "../core/time.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { loopNames } from "./capacity.ts";
import { healthSource, statusReport } from "./health-report.ts";
import { type HttpServer, serve } from "./http/server.ts";
import { type Step, shutDown } from "./lifecycle/shutdown.ts";
import { onSignals } from "./lifecycle/signals.ts";
import { supervise } from "./lifecycle/supervise.ts";
import { listenForChanges } from "./listen-for-changes.ts";
import { runTemporal } from "./run-temporal.ts";
import { startWorkerTracing } from "./start-tracing.ts";
import { installRuntime } from "./temporal/runtime.ts";
import { watchDatabase } from "./watch-database.ts";
import { type Wired, type WorkerSettings, wire } from "./wire.ts";
import { version } from "./worker-metrics.ts";

const closeTimeoutMs = 2_000;
/** Milliseconds that a forced stop may take to release the rows. */
const forcedReleaseMs = 2_000;

/**
 * Runs the worker until a signal stops it. Resolves to the exit code; rejects with the error that kept it from starting. `onHandling` is called once
 * the worker handles signals itself.
 */
export async function runWorker(onHandling: () => void): Promise<number> {
  const settings = readSettings();
  const log = createLogger({ name: "worker", level: settings.general.logLevel, secrets: secretsOf(process.env) });
  const tracing = await startWorkerTracing(settings, log);
  const wired = wire(settings, log, { tracing });
  const signals = stopOnSignal(wired, log);
  onHandling();
  const http = await listenOnHttp(wired, settings, log);
  // Written only now: the worker that has the port is the one that this folder's pid file names.
  const pidFile = workerPidFile(settings.general.stateDir, http.port);
  if (!writePidFile(pidFile)) log.debug({ pidFile }, "no pid file: the folder is not writable");
  installRuntime(log, settings.temporal.metricsAddress);

  const components = startComponents(wired, settings, log);
  const { reason, error } = await Promise.race([signals.stopped, components.ended]);
  if (error === undefined) log.info({ reason }, "stopping");
  else log.fatal({ error: messageOf(error), hint: error instanceof XnovuError ? error.hint : undefined }, reason);
  wired.state.accepting = false;

  const steps = stopSteps({ wired, components, http, tracing }, settings.worker.shutdownTimeoutMs);
  const result = await shutDown(steps, settings.worker.shutdownTimeoutMs, log);
  signals.off();
  removePidFile(pidFile);
  log.info({ result }, "stopped");
  if (error instanceof XnovuError) return error.exitCode;
  return error === undefined && result !== "deadline" ? exitCodes.ok : exitCodes.failed;
}

function readSettings(): WorkerSettings & Pick<Settings, "tracing"> {
  const settings = parse(process.env, ["general", "novu", "database", "temporal", "worker", "tracing"]);
  const crash = crashPointProblem(process.env);
  if (crash !== undefined) throw new SettingsError([crash]);
  return settings;
}

/** Why the worker stops; with `error`, because a component failed for good. */
interface StopReason {
  readonly reason: string;
  readonly error?: unknown;
}

/** The first signal stops the worker in order. A second one releases its rows and ends the process. */
function stopOnSignal({ database, owner }: Wired, log: Logger) {
  let stop: (reason: string) => void = () => undefined;
  const stopped = new Promise<StopReason>((resolve) => {
    stop = (reason) => resolve({ reason });
  });
  const off = onSignals({
    stop,
    force(signal) {
      log.warn({ signal }, "second signal: stopping at once");
      const released = database.claims.releaseAll(owner).catch(() => undefined);
      void Promise.race([released, sleep(forcedReleaseMs)]).then(() => process.exit(exitCodes.failed));
    },
  });
  return { stopped, off };
}

async function listenOnHttp(wired: Wired, settings: WorkerSettings, log: Logger): Promise<HttpServer> {
  const { host, healthPort } = settings.worker;
  const http = await serve({
    ...{ host, port: healthPort, closeTimeoutMs, metrics: wired.metrics },
    source: healthSource(wired, settings),
    status: () => statusReport(wired, settings, version),
  });
  log.info({ port: http.port, owner: wired.owner, version }, `listening on http://${host}:${http.port}/health`);
  return http;
}

/** The supervised components. Temporal outlives the others in a stop, since deliveries that are under way need it. */
interface Components {
  /** Resolves when all components ended, or with the error of one that failed for good. */
  readonly ended: Promise<StopReason>;
  stopClaiming(): Promise<unknown>;
  stopTemporal(): Promise<unknown>;
}

function startComponents(wired: Wired, settings: WorkerSettings, log: Logger): Components {
  const { components, loops } = wired;
  const [claimingStop, temporalStop] = [new AbortController(), new AbortController()];
  // Every component waits on it, some in two places. Node warns of a leak from the eleventh listener on.
  setMaxListeners(50, claimingStop.signal);
  const { restartLimit: limit, restartWindowMs: windowMs } = settings.worker;
  const start = (name: string, run: (signal: AbortSignal) => Promise<void>, { signal } = claimingStop) =>
    supervise({ components, limit, windowMs, name, run, signal });
  const claiming = Promise.all([
    ...loopNames.map((name) =>
      start(`loop:${name}`, (signal) => {
        components.set(`loop:${name}`, "up");
        return loops[name].run(signal);
      }),
    ),
    start("database", (signal) => watchDatabase(wired, signal)),
    start("listener", (signal) => listenForChanges(wired, signal)),
  ]);
  const temporal = start("temporal", (signal) => runTemporal(wired, settings, log, signal), temporalStop);
  const stop = (controller: AbortController, ended: Promise<unknown>) => {
    controller.abort();
    // Its supervisor reported the error.
    return ended.catch(() => undefined);
  };
  return {
    ended: Promise.all([claiming, temporal]).then(
      () => ({ reason: "all components ended" }),
      (error: unknown) => ({ reason: "a component stays down", error }),
    ),
    stopClaiming: () => stop(claimingStop, claiming),
    stopTemporal: () => stop(temporalStop, temporal),
  };
}

interface Running {
  readonly wired: Wired;
  readonly components: Components;
  readonly http: HttpServer;
  readonly tracing: TracingPort | undefined;
}

/** The order of a stop: claim nothing more, end the deliveries, release the rest, then close what they needed. */
function stopSteps({ wired, components, http, tracing }: Running, shutdownTimeoutMs: number): readonly Step[] {
  const { database, deliveries, owner } = wired;
  return [
    { name: "claiming", run: components.stopClaiming },
    {
      name: "deliveries",
      run() {
        deliveries.draining.abort();
        return components.stopTemporal();
      },
    },
    { name: "release of rows", run: () => database.claims.releaseAll(owner) },
    { name: "http", run: () => http.terminate() },
    { name: "database pool", run: () => database.pool.end() },
    // Last, with a short limit: a collector that is away must not hold up the stop.
    ...(tracing === undefined
      ? []
      : [{ name: "traces", run: () => tracing.flush(Math.min(2_000, shutdownTimeoutMs / 10)) }]),
  ];
}
