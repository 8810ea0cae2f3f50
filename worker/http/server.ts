import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createHttpTerminator } from "http-terminator";
import { messageOf, XnovuError } from "../../core/errors.ts";
import { type HealthResponse, type HealthSource, health, live, ready } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly source: HealthSource;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly metrics: Metrics;
  /** Milliseconds that requests under way may take after `terminate`. */
  readonly closeTimeoutMs: number;
}

export interface HttpServer {
  readonly port: number;
  /** Closes idle connections at once, lets requests under way finish, and closes the rest after `closeTimeoutMs`. */
  terminate(): Promise<void>;
}

/** @throws XnovuError when the server cannot listen on the port. */
export async function serve(options: HttpOptions): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    respond(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(messageOf(error));
    });
  });
  // Created before the first connection: it closes only the sockets that it saw open.
  const terminator = createHttpTerminator({ server, gracefulTerminationTimeout: options.closeTimeoutMs });
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    terminate: () => terminator.terminate(),
  };
}

function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is already in use" : `cannot be used: ${error.message}`;
      reject(
        new XnovuError(`port ${port} ${reason}`, {
          hint: "Another worker may run here (pnpm xnovu worker status); or set WORKER_HEALTH_PORT to a free port.",
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { source, status, metrics }: HttpOptions,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD")
    return json(response, 405, { error: "GET or HEAD" }, { allow: "GET, HEAD" });
  const routes: Readonly<Record<string, () => HealthResponse>> = {
    "/health": () => health(source),
    "/health/live": () => live(source),
    "/health/ready": () => ready(source),
    "/status": () => ({ code: 200, body: status() }),
  };
  const reply = path === undefined ? undefined : routes[path]?.();
  if (reply !== undefined) return json(response, reply.code, reply.body);
  if (path === "/metrics") {
    // Collected before the head is written: a failure can still become a 500, and a stop can still send `connection: close`.
    const text = await metrics.registry.metrics();
    response.writeHead(200, { "content-type": metrics.registry.contentType, "cache-control": "no-store" }).end(text);
    return;
  }
  json(response, 404, { error: "not found", paths: [...Object.keys(routes), "/metrics"] });
}

function json(response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void {
  // http-terminator adds `connection: close` while stopping; Node leaves out the body of a HEAD response.
  response
    .writeHead(code, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers })
    .end(`${JSON.stringify(body)}\n`);
}
