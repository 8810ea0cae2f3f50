/** What became of one transaction for one recipient: the oracle of tests that look for lost and doubled messages. */
export interface Effect {
  transactionId: string;
  /** `topic:KEY` for a topic, `broadcast` for a broadcast, until delivery knows the subscribers. */
  subscriberId: string;
  workflowId: string;
  /** Times the API took it. */
  accepted: number;
  /** Times it passed the check for a used transaction id, and so became (or would become) messages. */
  delivered: number;
  /** Times that check dropped it. */
  duplicatesDropped: number;
}

export class Effects {
  readonly #rows = new Map<string, Effect>();

  count(
    what: "accepted" | "delivered" | "duplicatesDropped",
    transactionId: string,
    subscriberId: string,
    workflowId: string,
  ): void {
    const key = `${transactionId}\0${subscriberId}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { transactionId, subscriberId, workflowId, accepted: 0, delivered: 0, duplicatesDropped: 0 };
      this.#rows.set(key, row);
    }
    row[what]++;
  }

  list(filter: { transactionId?: string; subscriberId?: string } = {}): Effect[] {
    return [...this.#rows.values()].filter(
      (row) =>
        (filter.transactionId === undefined || row.transactionId === filter.transactionId) &&
        (filter.subscriberId === undefined || row.subscriberId === filter.subscriberId),
    );
  }

  clear(): void {
    this.#rows.clear();
  }
}
