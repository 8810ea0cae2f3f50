import { createClient, type WebSocketLikeConstructor } from "@supabase/supabase-js";
import { HttpStatusError } from "./category.ts";

// Nobody has to make this table. PostgREST answers for it from its schema cache, without a query and without any of the project's data.
const table = "xnovu_health_check";

// What PostgREST itself says of a table, or a schema, that it does not serve (the last one before version 12.2).
const notServed = ["PGRST205", "PGRST106", "42P01"];

/**
 * Asks the project's REST API, through its own client, and resolves when PostgREST answered and took the key.
 *
 * @throws HttpStatusError for any other answer; the network's own fault when there was none.
 */
export async function askSupabase(url: string, serviceRoleKey: string, signal: AbortSignal): Promise<void> {
  let fault: unknown;
  const client = createClient(url, serviceRoleKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    // It throws before any of the members that the type asks for could be reached.
    realtime: { transport: NoWebSocket as unknown as WebSocketLikeConstructor },
    global: {
      // The client turns a network fault into prose; here the fault itself is wanted.
      fetch: (input, init) =>
        fetch(input, { ...init, cache: "no-store" }).catch((error: unknown) => {
          fault = error;
          throw error;
        }),
    },
  });
  // GET, because a 404 to HEAD carries no word on who sent it. Without retry(false) a 503 is asked three times more over seven seconds.
  const { status, error } = await client.from(table).select("*").limit(1).retry(false).abortSignal(signal);
  // 204 is how the client passes on a 404 without a body: some server, but not PostgREST.
  if (status === 204) throw new HttpStatusError(404);
  if (error === null) return;
  if (status === 0) throw fault ?? error;
  if (!notServed.includes(error.code)) throw new HttpStatusError(status);
}

/** The client looks for a WebSocket when it is made, and Node 20 has none. Nothing here opens one. */
class NoWebSocket {
  constructor() {
    throw new Error("this client makes HTTP calls only");
  }
}
