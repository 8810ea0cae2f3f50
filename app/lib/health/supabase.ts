import { createClient, type WebSocketLikeConstructor } from "@supabase/supabase-js";

/**
 * Asks the project's REST API, through its own client, for no rows of a table that may or may not be exposed there.
 * Returns the HTTP status; rejects with the network's fault.
 */
export async function askSupabase(url: string, serviceRoleKey: string, signal: AbortSignal): Promise<number> {
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
  // Without retry(false) a 503 is asked three times more over seven seconds.
  const { status, error } = await client
    .from("notification")
    .select("id", { head: true })
    .limit(1)
    .retry(false)
    .abortSignal(signal);
  if (status === 0) throw fault ?? error;
  return status;
}

/** The client looks for a WebSocket when it is made, and Node 20 has none. Nothing here opens one. */
class NoWebSocket {
  constructor() {
    throw new Error("this client makes HTTP calls only");
  }
}
