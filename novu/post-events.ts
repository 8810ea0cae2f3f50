import { type IncomingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Readable } from "node:stream";
import { type Dispatcher, request } from "undici";

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly dispatcher: Dispatcher;
}

export interface Posted {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/**
 * Sends a POST request. undici closes the connection on a `100 Continue` that the client did not request, and some proxies send one before each
 * reply. Node's own client skips it, so the same request, with the same idempotency key, is sent with that client then.
 */
export async function postEvents({ url, headers, body, signal, dispatcher }: Post): Promise<Posted> {
  try {
    return await request(url, { method: "POST", dispatcher, signal, headers, body });
  } catch (error) {
    if (!isUnexpectedContinue(error)) throw error;
    return await postWithNode(url, headers, body, signal);
  }
}

const isUnexpectedContinue = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "UND_ERR_SOCKET" && error.message === "bad response";

function postWithNode(url: string, headers: Post["headers"], body: string, signal: AbortSignal): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith("https:") ? requestHttps : requestHttp;
    const length = String(Buffer.byteLength(body));
    // A connection of its own: this path is rare, and it ignores the proxy settings.
    const options = { method: "POST", headers: { ...headers, "content-length": length }, signal, agent: false };
    open(url, options, (response) =>
      resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body: response }),
    )
      .on("error", reject)
      .end(body);
  });
}
