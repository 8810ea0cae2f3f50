import { errorText } from "../error-text.ts";
import { newId } from "../ids.ts";
import { type AcceptedEvent, isFinal, type Job, type Notification, type Workflow } from "../types.ts";
import { isoNow, type World } from "../world.ts";
import { newWindows } from "./actions.ts";
import { move, note } from "./details.ts";
import { nameOf, type Resolved, resolve } from "./recipients.ts";
import { type Delivery, run } from "./run.ts";
import { Limiter, Timers } from "./timers.ts";

// Bridge calls at once: enough to keep a local bridge busy, few enough not to time out behind each other.
const bridgeCallsAtOnce = 32;

/** Takes accepted events to their subscribers, apart from the request that brought them. */
export class Intake {
  readonly #world: World;
  readonly #delivery: Delivery;
  readonly #running = new Map<Notification, Promise<void>>();
  #queue: AcceptedEvent[] = [];
  #used = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    this.#delivery = { world, timers: new Timers(), windows: newWindows(), limiter: new Limiter(bridgeCallsAtOnce) };
  }

  /** Goes on with what an earlier process left behind. */
  resume(): void {
    for (const notification of this.#world.store.notifications.all()) {
      this.#used.add(notification.transactionId);
      if (notification.jobs.some((job) => !isFinal(job.status))) this.#start(notification);
    }
    for (const event of this.#world.store.events.all()) this.#enqueue(event);
  }

  /** Synchronous and cheap: the reply to the producer does not wait for delivery. */
  accept(event: AcceptedEvent): void {
    const { effects, behaviour, store } = this.#world;
    for (const name of namesOf(event)) effects.count("accepted", event.transactionId, name, event.workflowId);
    if (!behaviour.deliver) {
      this.#admit(event, namesOf(event));
      return;
    }
    store.events.put(event);
    this.#enqueue(event);
  }

  /** Ends what waits in a delay or digest, and what has not begun. True when there was something to end. */
  cancel(transactionId: string): boolean {
    const { store } = this.#world;
    const queued = this.#queue.filter((event) => event.transactionId === transactionId);
    for (const event of queued) store.events.delete(event.id);
    this.#queue = this.#queue.filter((event) => event.transactionId !== transactionId);
    let ended = queued.length > 0;
    for (const notification of store.notifications.all())
      if (notification.transactionId === transactionId) ended = this.#cancelOne(notification) || ended;
    return ended;
  }

  /** Resolves when nothing is queued and every running notification has ended or waits in a delay or digest. */
  async idle(): Promise<void> {
    const busy = () => [...this.#running.keys()].some((n) => !n.jobs.some((job) => job.status === "delayed"));
    while (this.#queue.length > 0 || busy()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  forget(): void {
    this.#used.clear();
    this.#queue = [];
    for (const notification of this.#world.store.notifications.all()) this.#cancelOne(notification);
    Object.values(this.#delivery.windows).map((window: Map<string, unknown>) => window.clear());
  }

  /** Ends the waits and lets the calls that run come back (the closing signal cuts them). */
  async close(): Promise<void> {
    this.#queue = [];
    this.#delivery.timers.close();
    await Promise.allSettled(this.#running.values());
  }

  #enqueue(event: AcceptedEvent): void {
    if (this.#queue.push(event) === 1) setImmediate(() => this.#drain());
  }

  #drain(): void {
    if (this.#world.closing.aborted) return;
    const events = this.#queue;
    this.#queue = [];
    for (const event of events) this.#take(event);
  }

  #take(event: AcceptedEvent): void {
    const { store, log } = this.#world;
    const recipients = resolve(this.#world, event);
    const workflow = store.workflows.get(event.workflowId);
    const admitted = this.#admit(event, recipients.length > 0 ? recipients.map((r) => r.subscriberId) : namesOf(event));
    if (admitted && workflow) for (const recipient of recipients) this.#start(this.#notify(event, workflow, recipient));
    if (admitted && recipients.length === 0) log("warn", `Event ${event.transactionId} reaches no subscriber`);
    store.events.delete(event.id);
  }

  // Novu's check: find the transaction id, then drop. Once per event, for all its recipients.
  #admit(event: AcceptedEvent, names: readonly string[]): boolean {
    const { effects, behaviour, log } = this.#world;
    const used = behaviour.transactionDedup && this.#used.has(event.transactionId);
    this.#used.add(event.transactionId);
    for (const name of names)
      effects.count(used ? "duplicatesDropped" : "delivered", event.transactionId, name, event.workflowId);
    if (used) log("info", `Event dropped: transactionId ${event.transactionId} is not unique`);
    return !used;
  }

  #notify(event: AcceptedEvent, workflow: Workflow, recipient: Resolved): Notification {
    const world = this.#world;
    const now = isoNow(world);
    const jobs = workflow.steps.map(
      (step): Job => ({
        id: newId(world.now()),
        stepId: step.stepId,
        type: step.type,
        status: "pending",
        result: {},
        executionDetails: [],
        updatedAt: now,
      }),
    );
    return world.store.notifications.put({
      id: newId(world.now()),
      transactionId: event.transactionId,
      workflowId: workflow.workflowId,
      subscriberId: recipient.subscriberId,
      payload: event.payload,
      overrides: event.overrides,
      topics: recipient.topics,
      ...(event.actor === undefined ? {} : { actor: event.actor }),
      jobs,
      createdAt: now,
      updatedAt: now,
    });
  }

  #start(notification: Notification): void {
    const running = run(this.#delivery, notification)
      .catch((error: unknown) => this.#world.log("error", `Delivery of ${notification.id} broke: ${errorText(error)}`))
      .finally(() => this.#running.delete(notification));
    this.#running.set(notification, running);
  }

  #cancelOne(notification: Notification): boolean {
    const open = notification.jobs.filter((job) => !isFinal(job.status));
    for (const job of open) {
      note(this.#world, job, "Warning", "Canceled by a request");
      move(this.#world, notification, job, "canceled");
    }
    this.#delivery.timers.cancel(notification.id);
    return open.length > 0;
  }
}

const namesOf = (event: AcceptedEvent) => (event.broadcast ? ["broadcast"] : event.to.map(nameOf));
