import { currentHealth } from "../../lib/health/current-health.ts";
import { version } from "../../lib/version.ts";

export const dynamic = "force-dynamic";

const headers = { "Cache-Control": "no-store" };
const statusOf = { ok: 200, error: 503 } as const;

/** 200 when the server, the database, Novu and a configured Supabase respond in time, else 503; the body names the checks that failed. */
export async function GET(): Promise<Response> {
  const report = await currentHealth();
  return Response.json({ ...report, version }, { status: statusOf[report.status], headers });
}

/** The same checks without the body, for `wget --spider`. */
export async function HEAD(): Promise<Response> {
  const report = await currentHealth();
  return new Response(null, { status: statusOf[report.status], headers });
}
