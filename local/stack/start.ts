import { setTimeout as sleep } from "node:timers/promises";
import type { Env } from "../../core/config/parse.ts";
import { messageOf, XnovuError } from "../../core/errors.ts";
import { identityOf } from "../../core/process-identity.ts";
import { placeApp } from "./app-place.ts";
import { createCrew } from "./crew.ts";
import { childEnvironment } from "./environment.ts";
import { openLogs } from "./logs.ts";
import { appPart, novuPart, type PartContext, postgresPart, temporalPart, workerPart } from "./parts.ts";
import { type Addresses, addressesOf, portsAt, type StackPaths } from "./plan.ts";
import { checkPorts } from "./ports-check.ts";
import { stackKey } from "./secret.ts";
import { claimState, findStack, removeState, type StackState, writeState } from "./state.ts";
import { createSteps, InterruptedError, type Steps } from "./steps.ts";
import { tidy } from "./stop.ts";

/** What the stack needs of rooms that this one does not import. */
export interface StackHooks {
  /** Resolves to the names of the migrations it applied. */
  readonly migrate: (databaseUrl: string) => Promise<readonly string[]>;
  /** Lets Novu ask the bridge what it serves; resolves to the workflows' ids. */
  readonly sync: (
    novu: { readonly apiUrl: string; readonly secretKey: string },
    bridgeUrl: string,
  ) => Promise<readonly string[]>;
}

export interface StackOptions {
  readonly root: string;
  readonly paths: StackPaths;
  /** Folder of the app's copies: one for all stacks of a checkout. */
  readonly appFolder?: string;
  /** Added to every port. */
  readonly offset: number;
  /** Throws the data away first. */
  readonly fresh: boolean;
  readonly env: Env;
  /** The app gets this key instead of the one that Novu signs with. */
  readonly bridgeKey?: string;
  readonly hooks: StackHooks;
  /** A line about the stack. */
  readonly say: (line: string) => void;
  /** A condensed line of a part's log. */
  readonly show: (line: string) => void;
  /** Aborts a start under way. */
  readonly signal: AbortSignal;
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

/** Another process of this checkout was first. */
class StackTakenError extends XnovuError {}

/**
 * Starts everything and returns when app and worker are healthy and Novu knows the workflows. What was started is stopped again when
 * something fails.
 *
 * @throws PortsInUseError, StackTakenError, InterruptedError, XnovuError that says which part failed and why
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { paths, offset, say } = options;
  const ports = portsAt(offset);
  const left = await tidy(paths);
  if (left.length > 0) say(`An earlier run ended without stopping its parts. Stopped now: ${left.join(", ")}`);
  await checkPorts(ports, offset);
  const own = identityOf(process.pid) ?? { pid: process.pid, startTime: "" };
  let state: StackState = { ...own, phase: "starting", offset, ports, startedAt: new Date().toISOString(), parts: [] };
  if (!claimState(paths.stateFile, state))
    throw new StackTakenError("Another process is starting this checkout's stack.", {
      hint: "Wait for it, or: pnpm xnovu down",
    });
  const update = (change: Partial<StackState>) => {
    state = { ...state, ...change };
    writeState(paths.stateFile, state);
  };
  const logs = openLogs(paths.logs, options.show);
  const crew = createCrew({ say, tail: logs.tail, record: (parts) => update({ parts }) });
  const context: PartContext = { root: options.root, paths, ports, fresh: options.fresh, crew, logs, say };
  const novuKey = stackKey(paths.novuKey);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      update({ phase: "stopping" });
      await crew.stop();
      removeState(paths.stateFile);
    })();
    return stopping;
  };
  const steps = createSteps(say, options.signal);
  try {
    const databaseUrl = await startParts(context, options, novuKey, steps, (url) => update({ databaseUrl: url }));
    update({ phase: "ready" });
    return { state: () => state, databaseUrl, novuKey, addresses: addressesOf(ports), lost: crew.lost, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    steps.close();
  }
}

/** Parts start as soon as what they need is there. Resolves to the database's address. */
async function startParts(
  context: PartContext,
  options: StackOptions,
  novuKey: string,
  steps: Steps,
  onDatabase: (url: string) => void,
): Promise<string> {
  const { paths, ports, crew } = context;
  const at = addressesOf(ports);
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
    () => placeApp(context.root, options.appFolder ?? paths.app, quietly),
    ({ built }) => (built ? "built" : "up to date"),
  );
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
  const app = Promise.all([facts, build, novu, migrations]).then(([known, { serverPath }]) => {
    const env = childEnvironment(options.env, known);
    const own = options.bridgeKey === undefined ? env : { ...env, NOVU_SECRET_KEY: options.bridgeKey };
    return steps.run(
      "app",
      () => appPart(context, serverPath, own),
      () => at.app,
    );
  });
  const worker = Promise.all([facts, migrations, temporal, novu]).then(([known]) =>
    steps.run(
      "worker",
      () => workerPart(context, childEnvironment(options.env, known)),
      () => at.worker,
    ),
  );
  const sync = app.then(() =>
    steps.run(
      "workflows",
      () => syncBridge(options, at, novuKey),
      (ids) => `${ids.length} synced: ${ids.join(", ")}`,
    ),
  );
  const all = [postgres, temporal, novu, build, migrations, facts, app, worker, sync];
  try {
    await Promise.race([Promise.all(all), crew.lost, interrupted(options.signal)]);
  } catch (error) {
    // What is under way comes to its end and is stopped with the rest; a build of minutes is not waited for.
    const under = Promise.allSettled([postgres, temporal, novu]);
    void crew.stop();
    await Promise.race([under, sleep(10_000, undefined, { ref: false })]);
    throw error;
  }
  return (await facts).databaseUrl;
}

/** The build's own output is long and says nothing when it succeeds; when it fails the error holds its end. */
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
        ? `The bridge answered 401: it refuses Novu's signature, because NOVU_SECRET_KEY of the app differs from Novu's${bridgeKey === undefined ? "" : " (--bridge-key asked for that)"}. Nothing can be delivered until both are the same.`
        : `Without workflows nothing can be delivered. The app's log says more: ${paths.logs}/app.log`,
    });
  }
}

/** The stack that runs here, if one does. */
export const runningStack = (paths: StackPaths): StackState | undefined => {
  const found = findStack(paths.stateFile);
  return found.kind === "running" ? found.state : undefined;
};
