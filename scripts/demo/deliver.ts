import type { Novu } from "@novu/api";
import type { Pool } from "pg";
import { messageOf } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
import { type NotificationDetail, show } from "../../outbox/reader.ts";
import { arrived, type NovuSide, novuSide } from "./novu-side.ts";
import { enterpriseId, novuTransaction, type Sample } from "./samples.ts";

export interface Result {
  readonly sample: Sample;
  readonly id: string;
  readonly row: NotificationDetail | undefined;
  readonly novu: NovuSide;
  readonly delivered: boolean;
  /** Why it was not delivered, a sentence each. Empty when delivered. */
  readonly problems: readonly string[];
}

const insert = `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload, transaction_id)
  VALUES ($1, $2, $3, $4, $5) RETURNING id`;

/** Sends the notifications as any producer can: with a plain INSERT. Resolves to their ids. */
export async function insertAll(pool: Pool, all: readonly Sample[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { workflow, recipient, payload, transactionId } of all) {
    const values = [enterpriseId, workflow, JSON.stringify([recipient]), JSON.stringify(payload), transactionId];
    const { rows } = await pool.query<{ id: string }>(insert, values);
    ids.push(String(rows[0]?.id));
  }
  return ids;
}

/** Waits until the notification is delivered, has failed permanently, or the deadline has passed. */
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
    if (problems === "wait") await sleep(100, until.signal);
    else return { sample, id, row, novu, delivered: problems.length === 0, problems };
  }
}

const nothing: NovuSide = { received: [], failures: [] };

/** Empty when it is delivered, `wait` while it may still be. */
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
      `it is still ${row.status} after ${row.attempts} attempts${row.error ? `: ${row.error}` : "; is the worker healthy?"}`,
    ];
  return [`Novu accepted it, and these channels got no message in time: ${missing.join(", ")}`];
}

/** The result when following it failed, for example because Novu's API stopped responding. */
export const broken = (sample: Sample, id: string, error: unknown): Result => ({
  sample,
  id,
  row: undefined,
  novu: nothing,
  delivered: false,
  problems: [messageOf(error)],
});
