import { fileURLToPath } from "node:url";
import type { Checkout } from "../lib/checkout.ts";
import type { Contender } from "../lib/contender.ts";
import { startTalking } from "../lib/talk.ts";
import { workerEnv } from "../lib/worker.ts";
import type { PeerReport } from "../peers/serve.ts";
import { outboxTable } from "./xnovu.ts";

/** The identical loop without Temporal: what the lanes cost is the difference to `xnovu-1`. */
export const bare = (checkout: Checkout, env: Readonly<Record<string, string>> = {}): Contender => ({
  name: "bare",
  label: "the same loop without Temporal",
  prepare: async (url) => checkout.migrate(url),
  ...outboxTable,
  async start(stage, databaseUrl) {
    const child = startTalking<never, PeerReport>(fileURLToPath(new URL("./bare-main.ts", import.meta.url)), {
      args: [checkout.dist],
      env: workerEnv(stage, databaseUrl, env),
    });
    await child.next("ready");
    return { pids: [child.pid], go: () => undefined, stop: () => child.end() };
  },
});
