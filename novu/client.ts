import { Novu } from "@novu/api";
import type { CallReply, DeliveryCall, DeliveryEvent, EventOutcome, NovuPort } from "../core/delivery.ts";
import { secretMask } from "../core/mask.ts";
import { itemsOf, judgeError, judgeItem } from "./reply.ts";

export interface NovuOptions {
  readonly secretKey: string;
  readonly apiUrl: string;
  /** Milliseconds one call may take. */
  readonly timeoutMs: number;
}

/** The SDK as a queue needs it: its own retries off (they go on for an hour, and the outbox owns them), and always a time limit. */
export const createSdk = ({ secretKey, apiUrl, timeoutMs }: NovuOptions): Novu =>
  new Novu({ secretKey, serverURL: apiUrl, timeoutMs, retryConfig: { strategy: "none" } });

/** Sends calls of 1 to 100 events through `POST /v1/events/trigger/bulk`. */
export function createNovu(options: NovuOptions): NovuPort {
  const sdk = createSdk(options);
  // Reasons are stored with the rows and shown to people.
  const mask = secretMask([options.secretKey]);
  const withoutSecret = (reply: CallReply): CallReply =>
    reply.kind === "answered" ? reply : { ...reply, reason: mask(reply.reason) };
  return {
    async send(call, signal): Promise<CallReply> {
      // A followed redirect would turn the POST into a GET, whose 404 says nothing about the events.
      const fetchOptions = { redirect: "manual", ...(signal === undefined ? {} : { signal }) } as const;
      try {
        const { result } = await sdk.triggerBulk({ events: call.events.map(toRequest) }, call.idempotencyKey, {
          fetchOptions,
        });
        return answered(call, result.map(judgeItem));
      } catch (error) {
        const accepted = itemsOf(error);
        return accepted === undefined ? withoutSecret(judgeError(error)) : answered(call, accepted.map(judgeItem));
      }
    },
  };
}

/** A reply that is not about as many events as the call had says nothing certain about any of them. */
const answered = (call: DeliveryCall, outcomes: EventOutcome[]): CallReply =>
  outcomes.length === call.events.length
    ? { kind: "answered", outcomes }
    : { kind: "unknown", reason: `Novu answered for ${outcomes.length} of ${call.events.length} events` };

type TriggerRequest = Parameters<Novu["triggerBulk"]>[0]["events"][number];

const toRequest = (event: DeliveryEvent): TriggerRequest => ({
  workflowId: event.workflow,
  // The outbox has checked the three shapes of a recipient; the SDK checks their fields again before it sends.
  to: event.recipient as TriggerRequest["to"],
  payload: { ...event.payload },
  ...(Object.keys(event.overrides).length === 0 ? {} : { overrides: { ...event.overrides } }),
  transactionId: event.transactionId,
});
