import type { DeliveryPort, Settlement } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";

/** One notification of a claim, and how its outcome was written. */
export interface Written {
  readonly row: ClaimedNotification;
  readonly to: Settlement["to"];
  /** Milliseconds from the claim to the write. */
  readonly tookMs: number;
}

/** The outbox as the delivery of one claim sees it; `onWritten` hears of each row that is settled. Made when the claim is. */
export function measured(
  outbox: DeliveryPort,
  rows: readonly ClaimedNotification[],
  onWritten: (written: readonly Written[]) => void,
  now: () => number = () => performance.now(),
): DeliveryPort {
  const claimedAt = now();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    ...outbox,
    async settle(token, settlements, recipients) {
      const result = await outbox.settle(token, settlements, recipients);
      // Some rows were another worker's by then, and which ones is not known.
      if (result.leaseLost > 0) return result;
      const tookMs = now() - claimedAt;
      const written: Written[] = [];
      for (const { id, to } of settlements) {
        const row = byId.get(id);
        if (row !== undefined) written.push({ row, to, tookMs });
      }
      onWritten(written);
      return result;
    },
  };
}
