import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, NovuRequestHandler, type ServeHandlerOptions } from "@novu/framework";

export interface TestBridge {
  readonly url: string;
  /** Step calls so far, as `workflowId/stepId`. */
  readonly calls: string[];
  /** The steps in `state` of each step call, as sent. */
  readonly states: string[][];
  /** Answer the next calls with these statuses instead of running the step. */
  readonly fail: number[];
  /** Milliseconds to wait before each answer. */
  delayMs: number;
  close(): Promise<void>;
}

type Workflows = NonNullable<ServeHandlerOptions["workflows"]>;

interface Raw {
  request: IncomingMessage;
  response: ServerResponse;
  body: unknown;
}

/** A real bridge of the framework over plain node http, signature checks on, on a free port. */
export async function startBridge(workflows: Workflows, secretKey: string): Promise<TestBridge> {
  const handle = frameworkHandler(workflows, secretKey);
  const calls: string[] = [];
  const states: string[][] = [];
  const bridge = { calls, states, fail: [] as number[], delayMs: 0 };
  const server = createServer((request, response) => {
    void respond(request, response);
  });
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const query = new URL(request.url ?? "/", "http://bridge").searchParams;
    if (query.get("action") === "execute") calls.push(`${query.get("workflowId")}/${query.get("stepId")}`);
    if (bridge.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, bridge.delayMs));
    const status = query.get("action") === "execute" ? bridge.fail.shift() : undefined;
    if (status !== undefined) {
      response.writeHead(status, { "content-type": "application/json" }).end(`{"message":"on order"}`);
      return;
    }
    const text = Buffer.concat(chunks).toString();
    const body = text === "" ? {} : JSON.parse(text);
    if (Array.isArray(body.state)) states.push(body.state.map((entry: { stepId: string }) => entry.stepId));
    await handle({ request, response, body });
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A test that failed before it closed its bridge must still end.
  server.unref();
  // A TCP server that listens has an address with a port.
  const { port } = server.address() as AddressInfo;
  return Object.assign(bridge, { url: `http://127.0.0.1:${port}/api/novu`, close: () => closed(server) });
}

// A test's output is its results, not the errors that it provokes.
const quiet = () => undefined;
const silent = { info: quiet, warn: quiet, error: quiet };

function frameworkHandler(workflows: Workflows, secretKey: string): (raw: Raw) => Promise<void> {
  const handler = new NovuRequestHandler<[Raw], void>({
    frameworkName: "node",
    workflows,
    client: new Client({ secretKey, strictAuthentication: true, verbose: false, logger: silent }),
    handler: ({ request, response, body }) => ({
      method: () => request.method ?? "GET",
      url: () => new URL(request.url ?? "/", `http://${request.headers.host}`),
      headers: (name) => request.headers[name.toLowerCase()]?.toString(),
      queryString: (name) => new URL(request.url ?? "/", "http://bridge").searchParams.get(name),
      body: () => body,
      transformResponse: (answer) => {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      },
    }),
  });
  return handler.createHandler();
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
