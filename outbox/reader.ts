import type { Pool } from "pg";
import type { JsonObject, Recipient, Status } from "../core/notification.ts";
import { camelCased } from "./rows.ts";
import { statement } from "./sql.ts";

const listRows = statement("list", ["status", "enterpriseId", "workflow", "limit", "before"]);
const showRow = statement("show", ["id", "enterpriseId"]);

export interface ListFilter {
  readonly status?: Status;
  readonly enterpriseId?: string;
  readonly workflow?: string;
  readonly limit: number;
  /** Only ids below this one: the next page. */
  readonly before?: string;
}

export interface NotificationSummary {
  readonly id: string;
  readonly enterpriseId: string;
  readonly workflow: string;
  /** Their number. */
  readonly recipients: number;
  readonly status: Status;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly priority: number;
  readonly transactionId: string;
  readonly createdAt: string;
  readonly scheduledFor: string | null;
  readonly nextAttemptAt: string | null;
  readonly sentAt: string | null;
  readonly error: string | null;
}

export interface TimelineEntry {
  readonly at: string;
  readonly from: Status | null;
  readonly to: Status;
  readonly attempt: number;
  /** The Temporal workflow that held the claim; null for changes by people and producers. */
  readonly workflowId: string | null;
  readonly worker: string | null;
  readonly error: string | null;
}

export interface NotificationDetail extends Omit<NotificationSummary, "recipients"> {
  readonly recipients: readonly Recipient[];
  readonly payload: JsonObject;
  readonly overrides: JsonObject;
  readonly channels: readonly string[] | null;
  readonly tags: readonly string[];
  readonly updatedAt: string;
  /** Trace context of the producer (W3C). */
  readonly traceparent: string | null;
  readonly timeline: readonly TimelineEntry[];
  /** Recipients whose outcome is final. One that is not listed is still to be sent. */
  readonly outcomes: readonly {
    ordinal: number;
    status: "SENT" | "DEAD";
    transactionId: string;
    error: string | null;
    at: string;
  }[];
}

// list.sql and show.sql return the fields of the types above.

/** Newest first. */
export async function list(
  pool: Pool,
  { status, enterpriseId, workflow, limit, before }: ListFilter,
): Promise<NotificationSummary[]> {
  const query = listRows.query({
    status: status ?? null,
    enterpriseId: enterpriseId ?? null,
    workflow: workflow ?? null,
    limit,
    before: before ?? null,
  });
  return (await pool.query<Record<string, unknown>>(query)).rows.map(
    (row) => camelCased(row) as unknown as NotificationSummary,
  );
}

/** One notification with its timeline, or undefined when there is none with that id (for that tenant, when one is given). */
export async function show(pool: Pool, id: string, enterpriseId?: string): Promise<NotificationDetail | undefined> {
  const query = showRow.query({ id, enterpriseId: enterpriseId ?? null });
  const row = (await pool.query<Record<string, unknown>>(query)).rows[0];
  return row === undefined ? undefined : (camelCased(row) as unknown as NotificationDetail);
}
