import type { NovuPort } from "../../core/delivery.ts";
import { novuCalls } from "../peers/novu-calls.ts";

/** The worker's door to Novu with the very call that the peers' jobs make: one event each, so many at once. */
export function singleCalls(url: string, connections: number): NovuPort {
  const novu = novuCalls(url, connections);
  return {
    async send({ events }) {
      await Promise.all(
        events.map(({ workflow, recipient, payload, transactionId }) =>
          novu.single({ name: workflow, to: JSON.parse(recipient), payload: JSON.parse(payload), transactionId }),
        ),
      );
      return { kind: "answered", outcomes: events.map(() => ({ kind: "accepted" })) };
    },
  };
}
