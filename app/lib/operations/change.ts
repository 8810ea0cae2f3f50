import type { Pool } from "pg";
import { isNotificationId } from "../../../core/notification.ts";
import { retract, retryNotifications } from "../../../outbox/operator.ts";
import { runtimeEnv } from "../env.ts";
import { appLog } from "../log.ts";
import { isOurForm } from "./access.ts";
import { enter } from "./enter.ts";

export type Change = "retry" | "retract";

const changes: Readonly<Record<Change, (pool: Pool, id: string) => Promise<boolean>>> = {
  retry: async (pool, id) => (await retryNotifications(pool, [id])).length === 1,
  retract: (pool, id) => retract(pool, id),
};

/** Handles a button of a notification's page: makes the change and redirects to the page, which shows the result. */
export async function handleForm(request: Request, id: string, change: Change): Promise<Response> {
  const { pool } = await enter();
  const token = (await request.formData().catch(() => undefined))?.get("token");
  if (!isNotificationId(id) || !isOurForm(runtimeEnv(), `${change} ${id}`, token))
    return new Response("This form is out of date. Go back, reload the page, and try again.\n", {
      status: 403,
      headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" },
    });
  const done = await changes[change](pool, id);
  appLog().info({ notification: id, change, done }, "operator changed a notification");
  // Relative: behind a proxy the app does not know the public address.
  return new Response(null, {
    status: 303,
    headers: { Location: `/operations/${id}?${change}=${done ? "done" : "refused"}` },
  });
}
