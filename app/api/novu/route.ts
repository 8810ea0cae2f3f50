import type { NextRequest } from "next/server";
import { messageOf, SettingsError } from "../../../core/errors.ts";
import { bridge } from "../../lib/bridge.ts";
import { appLog } from "../../lib/log.ts";

export const dynamic = "force-dynamic";

type Method = "GET" | "POST" | "OPTIONS";

async function answer(method: Method, request: NextRequest): Promise<Response> {
  try {
    return await bridge()[method](request, undefined);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    appLog().error({ reason: messageOf(error) }, "the bridge cannot answer");
    const message = "The bridge is not configured: set NOVU_SECRET_KEY for the app and start it again.";
    return Response.json(
      { message, code: "BridgeNotConfigured" },
      { status: 503, headers: { "Cache-Control": "no-store" } },
    );
  }
}

export const GET = (request: NextRequest) => answer("GET", request);
export const POST = (request: NextRequest) => answer("POST", request);
export const OPTIONS = (request: NextRequest) => answer("OPTIONS", request);
