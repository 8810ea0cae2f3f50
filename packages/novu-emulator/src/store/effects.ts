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
  // By transaction first: its text is hashed once, and few transactions have more than a handful of recipients.
  readonly #rows = new Map<string, Effect[]>();

  count(
    what: "accepted" | "delivered" | "duplicatesDropped",
    transactionId: string,
    subscriberId: string,
    workflowId: string,
  ): void {
    let rows = this.#rows.get(transactionId);
    if (rows === undefined) {
      rows = [];
      this.#rows.set(transactionId, rows);
    }
    let row = rows.find((one) => one.subscriberId === subscriberId);
    if (row === undefined) {
      row = { transactionId, subscriberId, workflowId, accepted: 0, delivered: 0, duplicatesDropped: 0 };
      rows.push(row);
    }
    row[what]++;
  }

  list({ transactionId, subscriberId }: { transactionId?: string; subscriberId?: string } = {}): Effect[] {
    const rows = transactionId === undefined ? [...this.#rows.values()].flat() : (this.#rows.get(transactionId) ?? []);
    return rows.filter((row) => subscriberId === undefined || row.subscriberId === subscriberId);
  }

  clear(): void {
    this.#rows.clear();
  }
}
