import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { type Command, type Context, type Flags, isSet, json, text } from "../cli/command.ts";
import { count } from "../cli/input.ts";
import { detachStack } from "../stack/detach.ts";
import { withStack } from "../stack/foreground.ts";
import { pathsOf, type StackPaths } from "../stack/hooks.ts";
import { runningAlready } from "../stack/running.ts";

export const demo: Command = {
  name: "demo",
  summary: "send one notification through every channel and show how each was delivered",
  examples: [
    ["demo", "on the running stack, or on a temporary one"],
    ["demo --keep", "leave the stack up, to look at the inbox"],
    ["demo --bridge-key wrong", "show what happens when the app has a wrong NOVU_SECRET_KEY"],
  ],
  notes: `A temporary stack takes the first free ports (offset 0, 100, 200, ...) and deletes its data at the end; its logs stay in .xnovu/demo/logs.
Exit codes: 0 everything was delivered, 1 something was not or the stack did not start, 2 wrong use.`,
  flags: [
    { flags: "--keep", about: "leave the stack up (stop it with `pnpm xnovu down`)" },
    { flags: "--bridge-key <key>", about: "start the app with this NOVU_SECRET_KEY instead of Novu's" },
    { flags: "--timeout <seconds>", about: "time limit for the deliveries", fallback: "60" },
    json,
  ],
  async run(context, _args, flags) {
    const seconds = count(text(flags, "timeout") ?? "60", "--timeout", 1, 3600);
    const bridgeKey = text(flags, "bridgeKey");
    if (bridgeKey !== undefined && isSet(flags, "keep"))
      throw new UsageError(
        "--keep and --bridge-key cannot be combined: a stack with a wrong key is useless afterwards.",
      );
    const paths = await pathsOf(context);
    const running = bridgeKey === undefined ? await runningAlready(context, paths) : undefined;
    if (running !== undefined || isSet(flags, "keep")) {
      const { freeOffset } = await import("../../local/stack/ports-check.ts");
      const state = running ?? (await detachStack(context, paths, ["--port-offset", String(await freeOffset())]));
      context.note(`Using the running stack (process ${state.pid}).`);
      const { addressesOf } = await import("../../local/stack/ports-and-paths.ts");
      const { stackKey } = await import("../../local/stack/secret.ts");
      const place = {
        databaseUrl: state.databaseUrl ?? "",
        apiUrl: addressesOf(state.ports).inbox,
        secretKey: stackKey(paths.novuKey),
      };
      return await sendAndReport(context, flags, place, { seconds, signal: new AbortController().signal });
    }
    return await onTemporaryStack(context, flags, paths, seconds, bridgeKey);
  },
};

interface Place {
  readonly databaseUrl: string;
  readonly apiUrl: string;
  readonly secretKey: string;
}

/** Runs the demo on a temporary stack. Its data is deleted at the end. */
async function onTemporaryStack(
  context: Context,
  flags: Flags,
  { app }: StackPaths,
  seconds: number,
  bridgeKey: string | undefined,
): Promise<number> {
  const paths = await pathsOf(context, "demo");
  const { freeOffset } = await import("../../local/stack/ports-check.ts");
  const { tidy } = await import("../../local/stack/stop.ts");
  await tidy(paths);
  const offset = await freeOffset();
  if (offset > 0) context.note(`The default ports are in use; this demo uses ports ${offset} higher.`);
  const options = { paths, offset, fresh: true, appFolder: app, ...(bridgeKey === undefined ? {} : { bridgeKey }) };
  const code = await withStack(context, options, (stack, signal) => {
    const { databaseUrl, novuKey, addresses } = stack;
    const place = { databaseUrl, apiUrl: addresses.inbox, secretKey: novuKey };
    return sendAndReport(context, flags, place, { seconds, signal });
  });
  for (const path of [paths.postgres, paths.novuData, paths.temporalDb]) rmSync(path, { recursive: true, force: true });
  return code;
}

async function sendAndReport(
  { out, note }: Context,
  flags: Flags,
  { databaseUrl, ...novu }: Place,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<number> {
  const { createPool } = await import("../../outbox/pool.ts");
  const { createSdk } = await import("../../novu/sdk.ts");
  const { broken, follow, insertAll } = await import("../demo/deliver.ts");
  const { asJson, lines } = await import("../demo/report.ts");
  const { samples } = await import("../demo/samples.ts");
  const pool = createPool({ url: databaseUrl, poolSize: 6, statementTimeoutMs: 15_000, name: "xnovu-demo" });
  const sdk = createSdk({ ...novu, timeoutMs: 10_000 });
  try {
    const all = samples(`${Date.now().toString(36)}${randomBytes(2).toString("hex")}`);
    const ids = await insertAll(pool, all);
    const until = { deadline: Date.now() + seconds * 1000, signal };
    const results = await Promise.all(
      all.map((sample, index) => {
        const id = ids[index] ?? "";
        return follow(pool, sdk, sample, id, until).catch((error: unknown) => broken(sample, id, error));
      }),
    );
    const delivered = results.filter((result) => result.delivered).length;
    const ok = delivered === results.length;
    if (isSet(flags, "json"))
      out(JSON.stringify({ delivered: ok, inbox: novu.apiUrl, notifications: results.map(asJson) }));
    else for (const line of results.flatMap(lines)) out(line);
    note(`${delivered} of ${results.length} notifications were delivered${ok ? `; the inbox: ${novu.apiUrl}` : ""}.`);
    return ok ? 0 : 1;
  } finally {
    await pool.end();
  }
}
