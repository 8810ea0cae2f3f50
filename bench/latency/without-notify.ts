import type { ClientBase } from "pg";

/** Cuts every NOTIFY off in the bench's own database, and leaves the triggers' other work as it is. */
export async function withoutNotify(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ text: string }>(
    `SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace = 'notify'::regnamespace AND prosrc LIKE '%pg_notify(%'`,
  );
  if (rows.length === 0) throw new Error("no function notifies: this measurement would show nothing");
  for (const { text } of rows) await client.query(text.replaceAll("pg_notify(", "concat("));
}
