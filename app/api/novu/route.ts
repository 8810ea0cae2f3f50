import { NextRequest } from "next/server";
import { messageOf, SettingsError } from "../../../core/errors.ts";
import { bridge } from "../../lib/bridge.ts";
import { readBody } from "../../lib/limit-body.ts";
import { appLog } from "../../lib/log.ts";
import { traceBridgeCall } from "../../lib/traces.ts";

export const dynamic = "force-dynamic";

type Method = "GET" | "POST" | "OPTIONS";

// A digest step carries the payloads of all its events; Novu accepts half a megabyte per trigger.
const maxBodyBytes = 8 * 1024 * 1024;

async function respond(method: Method, request: NextRequest): Promise<Response> {
  try {
    const handlers = bridge();
    if (method !== "POST") return await handlers[method](request, undefined);
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) return errorResponse(413, "BodyTooLarge", `The body is longer than ${maxBodyBytes} bytes.`);
    const { url, headers } = request;
    const startedAt = Date.now();
    // A copy: the constructor rejects a view into a shared buffer.
    const forBridge = new NextRequest(url, { method, headers, body: new Uint8Array(body) });
    const response = await handlers.POST(forBridge, undefined);
    traceBridgeCall(request, body, response.status, startedAt);
    return response;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    appLog().error({ reason: messageOf(error) }, "the bridge is not configured");
    return errorResponse(503, "BridgeNotConfigured", "Set NOVU_SECRET_KEY for the app and restart it.");
  }
}

const errorResponse = (status: number, code: string, message: string): Response =>
  Response.json({ message, code }, { status, headers: { "Cache-Control": "no-store" } });

export const GET = (request: NextRequest) => respond("GET", request);
export const POST = (request: NextRequest) => respond("POST", request);
export const OPTIONS = (request: NextRequest) => respond("OPTIONS", request);
