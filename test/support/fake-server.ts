import { createServer, type RequestListener } from "node:http";

export interface FakeServer {
  readonly url: string;
  /** How it answers from now on. */
  answer(listener: RequestListener): void;
  close(): Promise<void>;
}

/** A real HTTP server on a free port of 127.0.0.1 that answers as the test says. */
export async function fakeServer(first: RequestListener): Promise<FakeServer> {
  let listener = first;
  const server = createServer((request, response) => listener(request, response)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    answer: (next) => {
      listener = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const status =
  (code: number): RequestListener =>
  (_, response) =>
    response.writeHead(code).end();

/** Takes the request and never answers. */
export const silence: RequestListener = () => undefined;
