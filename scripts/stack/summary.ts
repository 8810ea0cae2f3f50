import type { StackPaths, StackState } from "./hooks.ts";

/** What `up --json` prints. */
export async function describe(state: StackState, paths: StackPaths, already: boolean) {
  const { addressesOf } = await import("../../local/stack/ports-and-paths.ts");
  const { envFilePath } = await import("../../local/stack/env-file.ts");
  const { stackKey } = await import("../../local/stack/secret.ts");
  const at = addressesOf(state.ports);
  const operations = new URL(at.operations);
  operations.username = "operator";
  operations.password = stackKey(paths.operatorKey);
  return {
    already,
    pid: state.pid,
    portOffset: state.offset,
    app: at.app,
    bridge: at.bridge,
    operations: operations.href,
    inbox: at.inbox,
    worker: at.worker,
    temporal: at.temporal,
    temporalUi: at.temporalUi,
    databaseUrl: state.databaseUrl,
    envFile: envFilePath(paths),
    logs: paths.logs,
  };
}

/** The addresses of a stack and what to try first. `shown` shortens a path. */
export async function summary(state: StackState, paths: StackPaths, shown: (path: string) => string): Promise<string> {
  const {
    app,
    operations,
    inbox,
    worker,
    temporal,
    temporalUi,
    databaseUrl = "",
    ...files
  } = await describe(state, paths, false);
  const envFile = shown(files.envFile);
  const rows = [
    ["App", app, "bridge /api/novu, health /api/health"],
    ["Inbox", inbox, "what each subscriber received, from the Novu emulator"],
    ["Worker", `${worker}/health`, "also /status and /metrics"],
    ["Temporal", temporalUi, `workflows; gRPC at ${temporal}`],
    ["Pages", operations, "the queue and its notifications; with this checkout's own login"],
    ["Postgres", databaseUrl, "with this checkout's own password"],
    ["Logs", shown(files.logs), "each part's lines in full"],
  ] as const;
  const wide = Math.max(...rows.slice(0, 4).map(([, address]) => address.length));
  const table = rows.map(([name, address, about]) => `  ${name.padEnd(9)} ${address.padEnd(wide)}  ${about}`);
  return [
    "",
    ...table,
    "",
    "Try, in another terminal of this folder:",
    `  ${"pnpm xnovu demo".padEnd(24)}  # one notification through every channel`,
    `  pnpm xnovu send email --to ada=ada@example.com --payload '{"subject":"Hello","body":"First one"}' --wait`,
    `  ${`. ${quoted(envFile)}`.padEnd(24)}  # this stack's settings as variables, for psql and others`,
    "  psql -c 'SELECT id, workflow, status FROM notify.notification ORDER BY id DESC LIMIT 5'",
    "",
  ].join("\n");
}

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/** A path relative to the caller's folder. */
export const shortPath =
  (cwd: string) =>
  (path: string): string =>
    path.startsWith(`${cwd}/`) ? `./${path.slice(cwd.length + 1)}` : path;
