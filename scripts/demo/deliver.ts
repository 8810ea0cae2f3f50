import { setTimeout as sleep } from "node:timers/promises";
import type { Novu } from "@novu/api";
import type { Pool } from "pg";
import { messageOf } from "../../core/errors.ts";
import { type NotificationDetail, show } from "../../outbox/reader.ts";
import { arrived, type NovuSide, novuSide } from "./novu-side.ts";
import { enterpriseId, novuTransaction, type Sample } from "./samples.ts";

export interface Result {
  readonly sample: Sample;
  readonly id: string;
  readonly row: NotificationDetail | undefined;
  readonly novu: NovuSide;
  readonly delivered: boolean;
  /** What happened instead, a sentence for each; empty when delivered. */
  readonly problems: readonly string[];
}

const insert = `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload, transaction_id)
  VALUES ($1, $2, $3, $4, $5) RETURNING id`;

/** Asks for the notifications as any producer may: by a plain INSERT. Resolves to their ids. */
export async function insertAll(pool: Pool, all: readonly Sample[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { workflow, recipient, payload, transactionId } of all) {
    const values = [enterpriseId, workflow, JSON.stringify([recipient]), JSON.stringify(payload), transactionId];
    const { rows } = await pool.query<{ id: string }>(insert, values);
    ids.push(String(rows[0]?.id));
  }
  return ids;
}

/** Waits until the notification is delivered, has failed for good, or the time is over; then says what is known. */
export async function follow(
  pool: Pool,
  sdk: Novu,
  sample: Sample,
  id: string,
  until: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<Result> {
  for (;;) {
    const row = await show(pool, id);
    const novu = row?.status === "SENT" ? await novuSide(sdk, novuTransaction(sample)) : nothing;
    const over = Date.now() > until.deadline || until.signal.aborted;
    const problems = problemsOf(sample, row, novu, over);
    if (problems === "wait") await sleep(100, undefined, { signal: until.signal }).catch(() => undefined);
    else return { sample, id, row, novu, delivered: problems.length === 0, problems };
  }
}

const nothing: NovuSide = { received: [], failures: [] };

/** Nothing when it is delivered, `wait` while it may still come. */
export function problemsOf(
  sample: Sample,
  row: Pick<NotificationDetail, "status" | "error" | "attempts"> | undefined,
  { received, failures }: NovuSide,
  over: boolean,
): readonly string[] | "wait" {
  if (row === undefined) return ["its row has disappeared from the database"];
  const missing = sample.channels.filter((channel) => !arrived(received, sample.channels).includes(channel));
  if (row.status === "SENT" && missing.length === 0 && failures.length === 0) return [];
  if (row.status === "DEAD" || row.status === "RETRACTED")
    return [`it is ${row.status}: ${row.error ?? "no reason given"}`];
  if (failures.length > 0) return failures;
  if (!over) return "wait";
  if (row.status !== "SENT")
    return [
      `it is still ${row.status} after ${row.attempts} tries${row.error ? `: ${row.error}` : "; is the worker healthy?"}`,
    ];
  return [`Novu accepted it, and these channels got no message in time: ${missing.join(", ")}`];
}

/** For a follower that broke off itself, such as when Novu's API went away. */
export const broken = (sample: Sample, id: string, error: unknown): Result => ({
  sample,
  id,
  row: undefined,
  novu: nothing,
  delivered: false,
  problems: [messageOf(error)],
});
