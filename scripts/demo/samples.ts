import type { JsonObject, Recipient } from "../../core/notification.ts";
import type { WorkflowId } from "../../novu/workflows/ids.ts";

/** Novu's names of the channels. */
export type Channel = "email" | "sms" | "push" | "in_app" | "chat";

export interface Sample {
  readonly workflow: WorkflowId;
  /** A message must arrive through each of these channels. */
  readonly channels: readonly Channel[];
  readonly recipient: Recipient;
  readonly payload: JsonObject;
  readonly transactionId: string;
}

export const enterpriseId = "demo";

const ada = {
  subscriberId: "ada",
  firstName: "Ada",
  lastName: "Lovelace",
  email: "ada@example.com",
  phone: "+44123456789",
};
const bob = { subscriberId: "bob", firstName: "Bob", email: "bob@example.com", phone: "+49123456789" };

/** One notification for each workflow. `run` makes their transaction ids unique: a repeated id would count as the same request. */
export function samples(run: string): readonly Sample[] {
  const order = "Your order 1042 has left our warehouse.";
  const link = { label: "Follow it", url: "https://shop.example.com/orders/1042" };
  const sample = (workflow: WorkflowId, channels: readonly Channel[], recipient: Recipient, payload: JsonObject) => ({
    workflow,
    channels,
    recipient,
    payload,
    transactionId: `demo-${run}-${workflow}`,
  });
  return [
    sample("email", ["email"], ada, { subject: "Order 1042 is on its way", body: order, action: link }),
    sample("sms", ["sms"], bob, { body: "Order 1042 arrives today between 14:00 and 16:00." }),
    sample("push", ["push"], ada, { title: "Order 1042", body: "The driver is ten minutes away." }),
    sample("in-app", ["in_app"], ada, { subject: "Order 1042", body: order, action: link }),
    sample("chat", ["chat"], bob, { body: "Order 1042 was handed over." }),
    sample("multi-channel", ["in_app", "email", "push", "chat", "sms"], bob, {
      subject: "Order 1042 is delivered",
      body: "How did we do?",
      action: link,
    }),
  ];
}

/** Novu's transaction id of a notification's single recipient: `<tenant>:<transaction>:<ordinal>`. */
export const novuTransaction = ({ transactionId }: Sample): string => `${enterpriseId}:${transactionId}:0`;
