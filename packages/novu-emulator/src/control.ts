import type { Gatekeepers } from "./api-hooks.ts";
import type { SeenCall } from "./calls.ts";
import type { Intake } from "./delivery/intake.ts";
import type { Fault, FaultOrder } from "./faults.ts";
import { type Inbox, inboxOf, type SubscriberSummary, subscribersWithMail } from "./inbox.ts";
import type { Behaviour } from "./settings.ts";
import type { Effect } from "./store/effects.ts";
import { syncBridge } from "./sync.ts";
import type { Message, Notification, Workflow } from "./types.ts";
import { isoNow, type World } from "./world.ts";

/** What tests do to the server and ask of it: in this process by these functions, from another over `/__control` (control-routes.ts). */
export interface Control {
  addFault(order: FaultOrder): Fault;
  faults(): readonly Fault[];
  clearFaults(): void;
  settings(): Behaviour;
  set(change: Partial<Behaviour>): Behaviour;
  calls(): { counts: Record<string, number>; last: SeenCall[] };
  effects(filter?: { transactionId?: string; subscriberId?: string }): Effect[];
  inbox(subscriberId: string): Inbox;
  subscribers(): SubscriberSummary[];
  messages(subscriberId?: string): Message[];
  notifications(transactionId?: string): Notification[];
  workflows(): Workflow[];
  /** Marks an in-app message as seen and read; false when there is none. */
  markRead(messageId: string): boolean;
  sync(bridgeUrl: string): Promise<Workflow[]>;
  /** Resolves when all that was accepted is delivered, failed, or waits in a delay or digest. */
  idle(): Promise<void>;
  /** Forgets messages, events, calls, effects, faults, replies and settings; `everything` also subscribers, topics and workflows. */
  reset(what?: "deliveries" | "everything"): void;
}

export function createControl(world: World, keepers: Gatekeepers, intake: Intake, initial: Behaviour): Control {
  const { store, behaviour, effects } = world;
  return {
    addFault: (order) => keepers.faults.add(order, world.now()),
    faults: () => keepers.faults.list(),
    clearFaults: () => keepers.faults.clear(),
    settings: () => ({ ...behaviour }),
    set: (change) => {
      if (change.rateLimit !== undefined) keepers.limiter.reset();
      return { ...Object.assign(behaviour, change) };
    },
    calls: () => ({ counts: keepers.calls.counts(), last: keepers.calls.last() }),
    effects: (filter) => effects.list(filter),
    inbox: (subscriberId) => inboxOf(store, subscriberId),
    subscribers: () => subscribersWithMail(store),
    messages: (subscriberId) =>
      store.messages.all().filter((row) => subscriberId === undefined || row.subscriberId === subscriberId),
    notifications: (transactionId) =>
      store.notifications.all().filter((row) => transactionId === undefined || row.transactionId === transactionId),
    workflows: () => store.workflows.all(),
    markRead: (messageId) => {
      const message = store.messages.get(messageId);
      if (message === undefined) return false;
      const now = isoNow(world);
      store.messages.put({ ...message, read: true, seen: true, lastReadDate: now, lastSeenDate: now });
      return true;
    },
    sync: (bridgeUrl) => syncBridge(world, bridgeUrl),
    idle: () => intake.idle(),
    reset: (what = "deliveries") => {
      intake.forget();
      for (const table of [store.events, store.notifications, store.messages]) table.clear();
      if (what === "everything")
        for (const table of [store.subscribers, store.topics, store.subscriptions, store.workflows]) table.clear();
      for (const part of [effects, keepers.calls, keepers.faults, keepers.idempotency]) part.clear();
      keepers.limiter.reset();
      Object.assign(behaviour, initial);
    },
  };
}
