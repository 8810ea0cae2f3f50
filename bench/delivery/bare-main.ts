import type * as ParseModule from "../../core/config/parse.ts";
import type * as LogModule from "../../core/log.ts";
import type * as ListenModule from "../../worker/listen-for-changes.ts";
import type * as WatchModule from "../../worker/watch-database.ts";
import type * as WireModule from "../../worker/wire.ts";
import { singleCalls } from "./single-calls.ts";

// The worker's own loops, claims, calls and settlements with nothing of Temporal in the process: the worker session is held open by hand. Compiled files of
// the checkout that is measured, so that the two differ in Temporal alone.
const dist = process.argv[2] ?? "dist";
// Each file exports what its source does.
const { parse } = (await import(`${dist}/core/config/parse.js`)) as typeof ParseModule;
const { createLogger } = (await import(`${dist}/core/log.js`)) as typeof LogModule;
const { listenForChanges } = (await import(`${dist}/worker/listen-for-changes.js`)) as typeof ListenModule;
const { watchDatabase } = (await import(`${dist}/worker/watch-database.js`)) as typeof WatchModule;
const { wire } = (await import(`${dist}/worker/wire.js`)) as typeof WireModule;

const settings = parse(process.env, ["general", "novu", "database", "temporal", "worker"]);
const log = createLogger({ name: "bare", level: settings.general.logLevel, secrets: [] });
// The same connections at once as graphile-worker's jobs.
const wired = wire(settings, log, process.argv[3] === "single" ? { novu: singleCalls(settings.novu.apiUrl, 24) } : {});
const stop = new AbortController();
const parts = [
  wired.work.session.hold(new AbortController().signal),
  watchDatabase(wired, stop.signal),
  listenForChanges(wired, stop.signal),
  ...Object.values(wired.loops).map((loop) => loop.run(stop.signal)),
];
const failed = Promise.all(parts).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

const isUp = () => wired.components.get("listener")?.state === "up" && wired.components.get("database")?.state === "up";
while (!isUp()) await new Promise((resolve) => setTimeout(resolve, 10));

async function end(): Promise<void> {
  wired.deliveries.draining.abort();
  stop.abort();
  await failed;
  await wired.database.pool.end();
  process.exit(0);
}
process.on("SIGTERM", () => void end());
process.on("disconnect", () => void end());
process.send?.({ kind: "ready" });
