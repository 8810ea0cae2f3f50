import { newId } from "../ids.ts";
import type { AcceptedEvent, RecipientInput, Subscriber, SubscriberFields } from "../types.ts";
import { isoNow, type World } from "../world.ts";

/** How a recipient is named before topics are resolved. */
export function nameOf(recipient: RecipientInput): string {
  if (typeof recipient === "string") return recipient;
  return "topicKey" in recipient ? `topic:${recipient.topicKey}` : recipient.subscriberId;
}

export interface Resolved {
  readonly subscriberId: string;
  readonly topics: string[];
}

/** The subscribers of an event, each once, however many ways lead to it. Subscriber objects are saved on the way. */
export function resolve(world: World, event: AcceptedEvent): Resolved[] {
  if (event.broadcast) return world.store.subscribers.all().map(({ subscriberId }) => ({ subscriberId, topics: [] }));
  const found = new Map<string, Resolved>();
  const add = (subscriberId: string, topic?: string) => {
    const one = found.get(subscriberId) ?? { subscriberId, topics: [] };
    if (topic !== undefined) one.topics.push(topic);
    found.set(subscriberId, one);
  };
  for (const recipient of event.to) {
    if (typeof recipient === "string") {
      upsertSubscriber(world, recipient, {});
      add(recipient);
    } else if ("topicKey" in recipient) {
      for (const id of membersOf(world, recipient.topicKey, excluded(event, recipient.exclude)))
        add(id, recipient.topicKey);
    } else {
      const { subscriberId, ...fields } = recipient;
      upsertSubscriber(world, subscriberId, fields);
      add(subscriberId);
    }
  }
  return [...found.values()];
}

// A topic's event is not sent to the one who caused it.
function excluded(event: AcceptedEvent, exclude: readonly string[] = []): Set<string> {
  const actor = typeof event.actor === "string" ? event.actor : event.actor?.subscriberId;
  return new Set(actor === undefined ? exclude : [...exclude, actor]);
}

function membersOf(world: World, topicKey: string, without: ReadonlySet<string> = new Set()): string[] {
  return world.store.subscriptions
    .all()
    .filter((subscription) => subscription.topicKey === topicKey && !without.has(subscription.subscriberId))
    .map((subscription) => subscription.subscriberId);
}

const known = ["firstName", "lastName", "email", "phone", "avatar", "locale", "timezone", "data"] as const;

/** Creates the subscriber, or changes the fields that are given. */
export function upsertSubscriber(world: World, subscriberId: string, fields: SubscriberFields): Subscriber {
  const now = isoNow(world);
  const found = world.store.subscribers.get(subscriberId);
  const given = Object.fromEntries(known.filter((name) => fields[name] !== undefined).map((n) => [n, fields[n]]));
  if (
    found &&
    Object.entries(given).every(([n, v]) => JSON.stringify(found[n as keyof Subscriber]) === JSON.stringify(v))
  )
    return found;
  const base = found ?? { id: newId(world.now()), subscriberId, createdAt: now };
  return world.store.subscribers.put({ ...base, ...given, updatedAt: now });
}
