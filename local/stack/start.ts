import type { Env } from "../../core/config/parse.ts";
import { messageOf, XnovuError } from "../../core/errors.ts";
import { identityOf } from "../../core/process-identity.ts";
import { sleep } from "../../core/time.ts";
import { type PlacedApp, placeApp } from "./app-place.ts";
import { childEnvironment, type EmbeddedFacts } from "./environment.ts";
import { openLogs } from "./logs.ts";
import { appPart, novuPart, type PartContext, postgresPart, temporalPart, workerPart } from "./parts.ts";
import { type Addresses, addressesOf, portsAt, type StackPaths } from "./ports-and-paths.ts";
import { checkPorts } from "./ports-check.ts";
import { stackKey } from "./secret.ts";
import { claimState, findStack, removeState, type StackState, writeState } from "./state.ts";
import { createSteps, InterruptedError, type Steps } from "./steps.ts";
import { tidy } from "./stop.ts";
import { createSupervisor } from "./supervisor.ts";

/** Functions of modules that this one does not import. */
export interface StackHooks {
  /** Resolves to the names of the migrations it applied. */
  readonly migrate: (databaseUrl: string) => Promise<readonly string[]>;
  /** Registers the bridge with Novu. Resolves to the workflows' ids. */
  readonly sync: (
    novu: { readonly apiUrl: string; readonly secretKey: string },
    bridgeUrl: string,
  ) => Promise<readonly string[]>;
}

/** What a person chooses about a stack. */
export interface StackChoice {
  readonly paths: StackPaths;
  /** Folder of the app's copies: one for all stacks of a checkout. */
  readonly appFolder?: string;
  /** Added to every port. */
  readonly offset: number;
  /** Deletes the data of earlier runs first. */
  readonly fresh: boolean;
  /** The app gets this key instead of the one that Novu signs with. */
  readonly bridgeKey?: string;
}

export interface StackOptions extends StackChoice {
  readonly root: string;
  readonly env: Env;
  readonly hooks: StackHooks;
  readonly output: StackOutput;
  /** Aborts a start in progress. */
  readonly signal: AbortSignal;
}

export interface StackOutput {
  /** Prints a line about the stack. */
  readonly note: (line: string) => void;
  /** Prints a condensed line of a part's log. */
  readonly show: (line: string) => void;
}

export interface Stack {
  readonly state: () => StackState;
  readonly databaseUrl: string;
  readonly novuKey: string;
  readonly addresses: Addresses;
  /** Rejects when a part stays down. Never resolves. */
  readonly lost: Promise<never>;
  stop(): Promise<void>;
}

/** Another process of this checkout started first. */
class StackTakenError extends XnovuError {}

/**
 * Starts everything. Returns when app and worker are healthy and Novu knows the workflows. On an error it stops what it started.
 *
 * @throws PortsInUseError, StackTakenError, InterruptedError, XnovuError that says which part failed and why
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { paths, offset, output } = options;
  const { note } = output;
  const ports = portsAt(offset);
  const left = await tidy(paths);
  if (left.length > 0) note(`Stopped what an earlier run had left behind: ${left.join(", ")}`);
  await checkPorts(ports, offset);
  const own = identityOf(process.pid) ?? { pid: process.pid, startTime: "" };
  let state: StackState = { ...own, phase: "starting", offset, ports, startedAt: new Date().toISOString(), parts: [] };
  if (!claimState(paths.stateFile, state))
    throw new StackTakenError("Another process is starting this checkout's stack.", {
      hint: "Wait for it, or stop it: pnpm xnovu down",
    });
  const update = (change: Partial<StackState>) => {
    state = { ...state, ...change };
    writeState(paths.stateFile, state);
  };
  const logs = openLogs(paths.logs, output.show);
  const supervisor = createSupervisor({ note, tail: logs.tail, record: (parts) => update({ parts }) });
  const context: PartContext = { root: options.root, paths, ports, fresh: options.fresh, supervisor, logs, note };
  const novuKey = stackKey(paths.novuKey);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      update({ phase: "stopping" });
      await supervisor.stop();
      removeState(paths.stateFile);
    })();
    return stopping;
  };
  const steps = createSteps(note, options.signal);
  try {
    const start = { context, options, novuKey, steps, at: addressesOf(ports) };
    const databaseUrl = await startParts(start, (url) => update({ databaseUrl: url }));
    update({ phase: "ready" });
    return { state: () => state, databaseUrl, novuKey, addresses: start.at, lost: supervisor.lost, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    steps.close();
  }
}

/** What every step of a start works with. */
interface Start {
  readonly context: PartContext;
  readonly options: StackOptions;
  readonly novuKey: string;
  readonly steps: Steps;
  readonly at: Addresses;
}

/** Starts each part as soon as its dependencies run. Resolves to the database's address. */
async function startParts(start: Start, onDatabase: (url: string) => void): Promise<string> {
  const { context, options, novuKey, steps } = start;
  const { paths, ports, supervisor } = context;
  const { postgres, temporal, novu, build } = startServers(start);
  const migrations = postgres.then(({ url }) => {
    onDatabase(url);
    return steps.run(
      "migrations",
      () => options.hooks.migrate(url),
      (names) => `${names.length} applied`,
    );
  });
  const operatorKey = stackKey(paths.operatorKey);
  const facts = postgres.then(({ url }) => ({ ports, databaseUrl: url, novuKey, operatorKey, stateDir: paths.folder }));
  const app = Promise.all([facts, build, novu, migrations]).then(([known, placed]) => startApp(start, known, placed));
  const worker = Promise.all([facts, migrations, temporal, novu]).then(([known]) => startWorker(start, known));
  const sync = app.then(() => syncWorkflows(start));
  const all = [postgres, temporal, novu, build, migrations, facts, app, worker, sync];
  try {
    await Promise.race([Promise.all(all), supervisor.lost, interrupted(options.signal)]);
  } catch (error) {
    // Servers that are starting finish their start and are stopped with the rest. A build may take minutes, so nothing waits for it.
    const starting = Promise.allSettled([postgres, temporal, novu]);
    void supervisor.stop();
    const limit = new AbortController();
    await Promise.race([starting, sleep(10_000, limit.signal)]);
    limit.abort();
    throw error;
  }
  return (await facts).databaseUrl;
}

/** The parts without dependencies. */
function startServers({ context, options, novuKey, steps, at }: Start) {
  const postgres = steps.run(
    "Postgres",
    () => postgresPart(context),
    (server) => `127.0.0.1:${server.port}`,
  );
  const temporal = steps.run(
    "Temporal",
    () => temporalPart(context, options.env.XNOVU_TEMPORAL_CLI),
    () => at.temporal,
  );
  const novu = steps.run(
    "Novu emulator",
    () => novuPart(context, novuKey),
    () => at.inbox,
  );
  const build = steps.run(
    "app build",
    () => placeApp(context.root, options.appFolder ?? context.paths.app, quietly),
    ({ built }) => (built ? "built" : "up to date"),
  );
  return { postgres, temporal, novu, build };
}

function startApp({ context, options, steps, at }: Start, facts: EmbeddedFacts, { serverPath }: PlacedApp) {
  const env = childEnvironment(options.env, facts);
  const own = options.bridgeKey === undefined ? env : { ...env, NOVU_SECRET_KEY: options.bridgeKey };
  return steps.run(
    "app",
    () => appPart(context, serverPath, own),
    () => at.app,
  );
}

const startWorker = ({ context, options, steps, at }: Start, facts: EmbeddedFacts) =>
  steps.run(
    "worker",
    () => workerPart(context, childEnvironment(options.env, facts)),
    () => at.worker,
  );

const syncWorkflows = ({ options, novuKey, steps, at }: Start) =>
  steps.run(
    "workflows",
    () => syncBridge(options, at, novuKey),
    (ids) => `${ids.length} synced: ${ids.join(", ")}`,
  );

/** A successful build prints much and says nothing; the error of a failed one contains its last lines. */
const quietly = (): void => undefined;

const interrupted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new InterruptedError()), { once: true }));

async function syncBridge(
  { hooks, bridgeKey, paths }: StackOptions,
  at: Addresses,
  secretKey: string,
): Promise<readonly string[]> {
  try {
    return await hooks.sync({ apiUrl: at.inbox, secretKey }, at.bridge);
  } catch (cause) {
    const reason = messageOf(cause);
    const refused = /\b401\b/.test(reason);
    throw new XnovuError(`Novu cannot read the workflows from the bridge ${at.bridge}: ${reason}`, {
      cause,
      hint: refused
        ? `The bridge responded with 401: it rejects Novu's signature, because NOVU_SECRET_KEY of the app differs from Novu's${bridgeKey === undefined ? "" : " (because of --bridge-key)"}. Nothing can be delivered until both are the same.`
        : `Without workflows nothing can be delivered. See the app's log: ${paths.logs}/app.log`,
    });
  }
}

/** The stack that runs in this folder, or undefined. */
export const runningStack = (paths: StackPaths): StackState | undefined => {
  const found = findStack(paths.stateFile);
  return found.kind === "running" ? found.state : undefined;
};
