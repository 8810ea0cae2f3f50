import type { Pool } from "pg";
import type { JsonObject, Recipient, Status } from "../core/notification.ts";
import { camelCased } from "./rows.ts";
import { sql } from "./sql.ts";

const listSql = sql("list");
const showSql = sql("show");

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
  /** How many. */
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
  /** The Temporal workflow that carried the claim; absent for changes made by people and producers. */
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
  /** Recipients whose outcome is final; one that is not listed is still to be sent. */
  readonly outcomes: readonly {
    ordinal: number;
    status: "SENT" | "DEAD";
    transactionId: string;
    error: string | null;
    at: string;
  }[];
}

// The columns of list.sql and show.sql are the fields of the types above.

/** Newest first. */
export async function list(
  pool: Pool,
  { status, enterpriseId, workflow, limit, before }: ListFilter,
): Promise<NotificationSummary[]> {
  const values = [status ?? null, enterpriseId ?? null, workflow ?? null, limit, before ?? null];
  return (await pool.query<Record<string, unknown>>(listSql, values)).rows.map(
    (row) => camelCased(row) as unknown as NotificationSummary,
  );
}

/** One notification with its timeline, or undefined when there is none with that id (for that tenant, when one is given). */
export async function show(pool: Pool, id: string, enterpriseId?: string): Promise<NotificationDetail | undefined> {
  const row = (await pool.query<Record<string, unknown>>(showSql, [id, enterpriseId ?? null])).rows[0];
  return row === undefined ? undefined : (camelCased(row) as unknown as NotificationDetail);
}
