import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createHttpTerminator } from "http-terminator";
import { messageOf, XnovuError } from "../../core/errors.ts";
import { type Answer, type HealthSource, health, live, ready } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly source: HealthSource;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly metrics: Metrics;
  /** How long requests under way may go on after `terminate`. */
  readonly closeTimeoutMs: number;
}

export interface HttpPart {
  readonly port: number;
  /** Lets requests under way finish, closes idle keep-alive connections at once and the rest after `closeTimeoutMs`. */
  terminate(): Promise<void>;
}

/** @throws XnovuError that names the port when it is in use. */
export async function serve(options: HttpOptions): Promise<HttpPart> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    respond(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(messageOf(error));
    });
  });
  // Made before the first connection: it knows only the sockets that it saw open.
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
      const reason = error.code === "EADDRINUSE" ? "is already in use" : `cannot be listened on: ${error.message}`;
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
  const answers: Readonly<Record<string, () => Answer>> = {
    "/health": () => health(source),
    "/health/live": () => live(source),
    "/health/ready": () => ready(source),
    "/status": () => ({ code: 200, body: status() }),
  };
  const answer = path === undefined ? undefined : answers[path]?.();
  if (answer !== undefined) return json(response, answer.code, answer.body);
  if (path === "/metrics") {
    // Collected before the head is written: until then a failure can still be a 500, and a stop can still say `connection: close`.
    const text = await metrics.registry.metrics();
    response.writeHead(200, { "content-type": metrics.registry.contentType, "cache-control": "no-store" }).end(text);
    return;
  }
  json(response, 404, { error: "not found", paths: [...Object.keys(answers), "/metrics"] });
}

function json(response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void {
  // `connection: close` while stopping is http-terminator's doing; node leaves the body out of a HEAD by itself.
  response
    .writeHead(code, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers })
    .end(`${JSON.stringify(body)}\n`);
}
