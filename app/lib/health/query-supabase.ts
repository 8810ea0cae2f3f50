import { createClient, type WebSocketLikeConstructor } from "@supabase/supabase-js";
import { HttpStatusError } from "../../../core/diagnosis/category.ts";
import { isSupabaseHealthy, supabaseHealthTable } from "../../../core/diagnosis/supabase.ts";

/**
 * Queries the project's REST API through Supabase's client. Resolves when PostgREST responded and accepted the key.
 *
 * @throws HttpStatusError for any other response; the network error when there was none.
 */
export async function querySupabase(url: string, serviceRoleKey: string, signal: AbortSignal): Promise<void> {
  let networkError: unknown;
  const client = createClient(url, serviceRoleKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    // The constructor throws, so no member that the type requires is ever used.
    realtime: { transport: NoWebSocket as unknown as WebSocketLikeConstructor },
    global: {
      // The client turns a network error into text, and the diagnosis needs the error itself.
      fetch: (input, init) =>
        fetch(input, { ...init, cache: "no-store" }).catch((error: unknown) => {
          networkError = error;
          throw error;
        }),
    },
  });
  // GET, because a 404 to HEAD has no body to identify the sender. Without retry(false) the client repeats a 503 three times over seven seconds.
  const { status, error } = await client
    .from(supabaseHealthTable)
    .select("*")
    .limit(1)
    .retry(false)
    .abortSignal(signal);
  // The client reports a 404 without a body as 204: some server, but not PostgREST.
  if (status === 204) throw new HttpStatusError(404);
  if (error === null) return;
  if (status === 0) throw networkError ?? error;
  if (!isSupabaseHealthy(status, error.code)) throw new HttpStatusError(status, error.message);
}

/** The client requires a WebSocket class when it is created, and Node 20 has none. The health check opens no WebSocket. */
class NoWebSocket {
  constructor() {
    throw new Error("this client makes HTTP calls only");
  }
}
