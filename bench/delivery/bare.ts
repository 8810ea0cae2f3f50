import { fileURLToPath } from "node:url";
import type { Checkout } from "../lib/checkout.ts";
import type { Contender } from "../lib/contender.ts";
import { startTalking } from "../lib/talk.ts";
import { workerEnv } from "../lib/worker.ts";
import type { PeerReport } from "../peers/serve.ts";
import { outboxTable } from "./xnovu.ts";

/** The identical loop without Temporal: what the worker sessions cost is the difference to `xnovu-1`. */
export const bare = (checkout: Checkout): Contender => ({
  name: "bare",
  label: "the same loop without Temporal",
  ...loop(checkout, []),
});

/** That loop with a single call for each event, as graphile-worker's jobs make it: what is left of the lead when bulk calls are taken away. */
export const bareSingle = (checkout: Checkout): Contender => ({
  name: "bare-single",
  label: "the same loop, single calls",
  ...loop(checkout, ["single"]),
});

const loop = (checkout: Checkout, args: readonly string[]) =>
  ({
    prepare: async (url) => checkout.migrate(url),
    ...outboxTable,
    async start(stage, databaseUrl) {
      const child = startTalking<never, PeerReport>(fileURLToPath(new URL("./bare-main.ts", import.meta.url)), {
        args: [checkout.dist, ...args],
        env: workerEnv(stage, databaseUrl, {}),
      });
      await child.next("ready");
      return { pids: [child.pid], go: () => undefined, stop: () => child.end() };
    },
  }) satisfies Partial<Contender>;
