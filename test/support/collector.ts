import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type SeenSpan, spansOf } from "./otlp.ts";

/** An OpenTelemetry collector as far as traces go: takes OTLP over HTTP and remembers it. */
export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** Everything that came, oldest first. */
  spans(): readonly SeenSpan[];
  /** Headers of each request. */
  requests(): readonly Readonly<Record<string, unknown>>[];
  /** Bytes of all bodies as text, to search for what must not be in them. */
  text(): string;
  close(): Promise<void>;
}

export async function startCollector(port = 0): Promise<Collector> {
  const bodies: Buffer[] = [];
  const requests: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    requests.push({ ...request.headers, path: request.url });
    bodies.push(Buffer.concat(parts));
    // An empty ExportTraceServiceResponse.
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => bodies.flatMap(spansOf),
    requests: () => requests,
    text: () => Buffer.concat(bodies).toString("latin1"),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
