import { setMaxListeners } from "node:events";
import type { FastifyInstance } from "fastify";
import type { Gatekeepers } from "./api-hooks.ts";
import { createApp } from "./app.ts";
import { Calls } from "./calls.ts";
import { type Control, createControl } from "./control.ts";
import { Intake } from "./delivery/intake.ts";
import { errorText } from "./error-text.ts";
import { Faults } from "./faults.ts";
import { IdempotencyCache } from "./idempotency.ts";
import { createWorld, type NovuOptions } from "./options.ts";
import { RateLimiter } from "./rate-limit.ts";
import { setBridgeUrl, type World } from "./world.ts";

export type { Control, NovuOptions };

export interface RunningNovu {
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  /** Ends requests, waits and bridge calls, and closes the data file. A second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Starts a Novu emulator for development and tests: the API that the Novu SDK calls, the delivery that calls the bridge,
 * an inbox page at `/` and a control API at `/__control`.
 *
 * @throws what `listen` throws, such as EADDRINUSE.
 */
export async function startNovu(options: NovuOptions): Promise<RunningNovu> {
  const closing = new AbortController();
  // Each answer that is held back listens to it, and any number may be.
  setMaxListeners(0, closing.signal);
  const world = createWorld(options, closing.signal);
  const keepers: Gatekeepers = {
    calls: new Calls(),
    faults: new Faults(),
    idempotency: new IdempotencyCache(world.now),
    limiter: new RateLimiter(world.now),
  };
  const intake = new Intake(world);
  const control = createControl(world, keepers, intake, { ...world.behaviour });
  const app = await createApp(world, keepers, intake, control);
  const end = async () => {
    closing.abort();
    await intake.close();
    await app.close();
    world.store.close();
  };
  let ended: Promise<void> | undefined;
  const close = () => {
    ended ??= end();
    return ended;
  };
  try {
    await app.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
  } catch (error) {
    await close();
    throw error;
  }
  const { port, url } = addressOf(app);
  if (world.store.damaged > 0)
    world.log("warn", `${world.store.damaged} damaged lines of ${options.dataFile} were left out`);
  intake.resume();
  if (options.bridgeUrl !== undefined) syncWhenUp(world, control, options.bridgeUrl);
  return { url, port, control, close };
}

function addressOf(app: FastifyInstance): { port: number; url: string } {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens nowhere");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { port: address.port, url: `http://${host}:${address.port}` };
}

// The bridge is part of an app that starts beside this server: ask again until it is up.
function syncWhenUp(world: World, control: Control, bridgeUrl: string): void {
  setBridgeUrl(world, bridgeUrl);
  const attempt = () => {
    if (world.closing.aborted) return;
    control.sync(bridgeUrl).then(
      (workflows) => world.log("info", `Synced ${workflows.length} workflows from ${bridgeUrl}`),
      (error: unknown) => {
        world.log("debug", errorText(error));
        setTimeout(attempt, 1000).unref();
      },
    );
  };
  attempt();
}
