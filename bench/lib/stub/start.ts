import { fileURLToPath } from "node:url";
import { startTalking } from "../talk.ts";
import type { StubCommand, StubCounts, StubReport } from "./messages.ts";

export interface Stub {
  readonly url: string;
  readonly pid: number;
  /** Forgets what came so far; `reached` resolves with the time at which the last of so many different events came. */
  expect(events: number): Promise<{ readonly reached: Promise<number> }>;
  counts(): Promise<StubCounts>;
  /** When each transaction id came first, in milliseconds of `monotonicMs`. */
  times(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

export async function startStub(): Promise<Stub> {
  const child = startTalking<StubCommand, StubReport>(fileURLToPath(new URL("./main.ts", import.meta.url)));
  const { port } = await child.next("listening");
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async expect(events) {
      const reached = child.next("reached").then(({ at }) => at);
      // A caller that gives up before the last event no longer waits for it.
      reached.catch(() => undefined);
      child.send({ kind: "expect", events });
      await child.next("expecting");
      return { reached };
    },
    async counts() {
      child.send({ kind: "counts" });
      return (await child.next("counts")).counts;
    },
    async times() {
      child.send({ kind: "times" });
      return new Map((await child.next("times")).times);
    },
    close: () => child.end(),
  };
}
