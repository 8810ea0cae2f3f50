import type { IncomingHttpHeaders } from "node:http";
import { EnvHttpProxyAgent } from "undici";
import type { CallReply, CallTrace, DeliveryCall, DeliveryEvent, NovuPort } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import { secretMask } from "../core/mask.ts";
import { postEvents } from "./post-events.ts";
import { judge } from "./reply.ts";
import { textOf, UnreadableReply } from "./response-body.ts";

export interface NovuOptions {
  readonly secretKey: string;
  readonly apiUrl: string;
  /** Milliseconds one call may take. */
  readonly timeoutMs: number;
  /** Called after every request with its HTTP status, undefined without a reply, and its duration. */
  readonly onRequest?: (status: number | undefined, ms: number) => void;
}

/** The trace of a call; `answered` is called as soon as the status is known. */
interface Watch extends Pick<CallTrace, "answered"> {
  readonly traceparent: string | undefined;
}

/** Maximum number of connections to Novu. */
const connections = 32;

/**
 * Sends calls of 1 to 100 events: several through `POST /v1/events/trigger/bulk`, a single one through `POST /v1/events/trigger`, because Novu's
 * rate limit counts any bulk call as 100. Plain HTTP instead of the SDK: the SDK validates each event again, which costs ten times as much as
 * the call, and the outbox validated them on insert. novu/client.test.ts verifies that both send the same bytes.
 */
export function createNovu({ secretKey, apiUrl, timeoutMs, onRequest }: NovuOptions): NovuPort {
  const trigger = `${apiUrl.replace(/\/+$/, "")}/v1/events/trigger`;
  const dispatcher = new EnvHttpProxyAgent({ connections, connect: { timeout: timeoutMs } });
  const headers = {
    authorization: `ApiKey ${secretKey}`,
    "content-type": "application/json",
    accept: "application/json",
    // Compression saves nothing on replies of this size.
    "accept-encoding": "identity",
  };
  // The reasons are stored with the rows and shown on pages.
  const mask = secretMask([secretKey]);
  const withoutSecret = (reply: CallReply): CallReply =>
    reply.kind === "answered" ? reply : { ...reply, reason: mask(reply.reason) };

  async function post(call: DeliveryCall, signal: AbortSignal, { traceparent, answered }: Watch): Promise<CallReply> {
    const events = call.events.map(bodyOf);
    const [url, body]: [string, string] =
      events.length === 1 ? [trigger, events[0] ?? ""] : [`${trigger}/bulk`, `{"events":[${events.join()}]}`];
    const more = {
      ...headers,
      "idempotency-key": call.idempotencyKey,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const response = await postEvents({ url, headers: more, body, signal, dispatcher });
    const header = headerOf(response.headers);
    answered(response.statusCode);
    const text = await textOf(response.body, header("content-encoding")).catch((error: unknown) => {
      if (error instanceof UnreadableReply) return error.message;
      throw error;
    });
    return judge({ status: response.statusCode, header, body: text }, call.events.length);
  }

  return {
    async send(call, signal, trace): Promise<CallReply> {
      const limit = AbortSignal.timeout(timeoutMs);
      const start = performance.now();
      let status: number | undefined;
      const watch: Watch = {
        traceparent: trace?.traceparent,
        answered(code) {
          status = code;
          trace?.answered(code);
        },
      };
      try {
        return withoutSecret(await post(call, signal === undefined ? limit : AbortSignal.any([signal, limit]), watch));
      } catch (error) {
        const late = limit.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error);
        return { kind: "unknown", reason: mask(`Novu could not be reached: ${late}`) };
      } finally {
        onRequest?.(status, performance.now() - start);
      }
    },
  };
}

const headerOf = (headers: IncomingHttpHeaders) => (name: string) => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** One event as JSON for Novu's API. */
export function bodyOf({ workflow, recipient, payload, overrides, transactionId }: DeliveryEvent): string {
  const more = overrides === "{}" ? "" : `,"overrides":${overrides}`;
  return `{"name":${JSON.stringify(workflow)},"to":${recipient},"payload":${payload}${more},"transactionId":${JSON.stringify(transactionId)}}`;
}
