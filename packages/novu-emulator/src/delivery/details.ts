import { newId } from "../ids.ts";
import type { ExecutionDetail, Job, JobStatus, Notification } from "../types.ts";
import { isoNow, type World } from "../world.ts";

/** Adds a line to the job's history. */
export function note(
  world: World,
  job: Job,
  status: ExecutionDetail["status"],
  detail: string,
  more: { raw?: string; isRetry?: boolean; source?: ExecutionDetail["source"] } = {},
): void {
  job.executionDetails.push({
    id: newId(world.now()),
    createdAt: isoNow(world),
    status,
    detail,
    isRetry: more.isRetry ?? false,
    source: more.source ?? "Internal",
    ...(more.raw === undefined ? {} : { raw: more.raw }),
  });
}

/** Sets the job's status and saves the notification. */
export function move(world: World, notification: Notification, job: Job, status: JobStatus): void {
  job.status = status;
  job.updatedAt = isoNow(world);
  notification.updatedAt = job.updatedAt;
  world.store.notifications.put(notification);
}

/** Ends the job as failed, with the reason as its last detail. */
export function fail(world: World, notification: Notification, job: Job, reason: string, raw?: string): void {
  job.error = reason;
  note(world, job, "Failed", reason, raw === undefined ? {} : { raw });
  move(world, notification, job, "failed");
}
