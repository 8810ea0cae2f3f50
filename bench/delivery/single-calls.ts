import type { NovuPort } from "../../core/delivery.ts";
import { bodyOf } from "../../novu/client.ts";
import { novuCalls } from "../peers/novu-calls.ts";

/** The worker's door to Novu with the very call that the peers' jobs make: one event each, so many at once. */
export function singleCalls(url: string, connections: number): NovuPort {
  const novu = novuCalls(url, connections);
  return {
    async send({ events }) {
      await Promise.all(events.map((event) => novu.singleText(bodyOf(event))));
      return { kind: "answered", outcomes: events.map(() => ({ kind: "sent" })) };
    },
  };
}
