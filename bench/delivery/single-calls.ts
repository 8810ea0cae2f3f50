import type { NovuPort } from "../../core/delivery.ts";
import { bodyOf } from "../../novu/client.ts";
import { novuCalls } from "../peers/novu-calls.ts";

/** The worker's port to Novu with the same call as the peers' jobs: one event each, several at once. */
export function singleCalls(url: string, connections: number): NovuPort {
  const novu = novuCalls(url, connections);
  return {
    async send({ events }) {
      await Promise.all(events.map((event) => novu.singleText(bodyOf(event))));
      return { kind: "answered", outcomes: events.map(() => ({ kind: "sent" })) };
    },
  };
}
