import type { Novu } from "@novu/api";
import type { Channel } from "./samples.ts";

/** A message as Novu's API shows it. */
export interface Received {
  readonly channel: string;
  readonly subscriberId: string;
  /** Mail address or phone number, where the channel has one. */
  readonly address: string | undefined;
  readonly subject: string | undefined;
  /** Beginning of the text, without markup. */
  readonly excerpt: string;
  readonly error: string | undefined;
}

export interface NovuSide {
  readonly received: readonly Received[];
  /** Why steps failed, a sentence each. */
  readonly failures: readonly string[];
}

/** The messages and failures of one transaction, read through Novu's API. */
export async function novuSide(sdk: Novu, transactionId: string): Promise<NovuSide> {
  const messages = await sdk.messages.retrieve({ transactionId: [transactionId], limit: 50 });
  const feed = await sdk.notifications.list({ transactionId, limit: 10 });
  const received = messages.result.data.map((message) => ({
    channel: String(message.channel),
    subscriberId: message.subscriber?.subscriberId ?? message.subscriberId,
    address: message.email ?? message.phone ?? undefined,
    subject: message.subject ?? message.title ?? undefined,
    excerpt: excerpt(typeof message.content === "string" ? message.content : JSON.stringify(message.content)),
    error: message.status === "error" || message.status === "warning" ? message.errorText : undefined,
  }));
  const jobs = feed.result.data.flatMap((event) => event.jobs ?? []).filter((job) => job.status === "failed");
  const failures = jobs.map((job) => {
    const why = job.executionDetails.findLast((detail) => detail.status === "Failed")?.detail ?? "no reason given";
    return `${job.type}: ${explain(why)}`;
  });
  return { received, failures };
}

/** The wanted channels that have a message without an error. */
export const arrived = (received: readonly Received[], wanted: readonly Channel[]): readonly Channel[] =>
  wanted.filter((channel) => received.some((message) => message.channel === channel && message.error === undefined));

/** Novu's detail of a failed step, with the cause of a rejected signature. */
function explain(detail: string): string {
  if (!/\b401\b/.test(detail)) return detail;
  return `the bridge responded with 401: it rejects Novu's signature, so NOVU_SECRET_KEY of the app differs from Novu's. Novu's detail: ${detail}`;
}

/** HTML as one line of text, truncated to 90 characters, without the head of a mail and its styles. */
export function excerpt(content: string): string {
  const text = content
    .replace(/<(style|head|title)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]+>/g, " ")
    .replace(/&nbsp;|&#\d+;|&zwnj;|\u034f|\ufeff|[\u200b-\u200f]/g, " ")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
