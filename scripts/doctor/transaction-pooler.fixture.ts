import { connect, createServer, type Socket } from "node:net";

export interface TransactionPooler {
  /** The given address, through the pooler. */
  readonly url: string;
  close(): Promise<void>;
}

/** Hands each transaction to whatever server connection was used last, as poolers in transaction mode do. A client's login makes a connection. */
export async function transactionPooler(databaseUrl: string): Promise<TransactionPooler> {
  const behind = new URL(databaseUrl);
  const idle: Backend[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const own = connect(Number(behind.port), behind.hostname);
    for (const socket of [client, own]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    const backend: Backend = { socket: own, client };
    let bound: Backend | undefined = backend;
    own.on("data", (chunk) => {
      backend.client?.write(chunk);
      if (!endsReady(chunk)) return;
      // Its transaction, or its login, is over.
      backend.release?.();
      idle.push(backend);
    });
    const take = () => {
      const next = idle.pop();
      if (next === undefined) return undefined;
      next.client = client;
      next.release = () => {
        bound = undefined;
      };
      return next;
    };
    backend.release = () => {
      bound = undefined;
    };
    client.on("data", (chunk) => {
      // Terminate: the server's connection stays.
      if (chunk[0] === 0x58) return;
      bound ??= take();
      bound?.socket.write(chunk);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the pooler listens on no port");
  const url = new URL(databaseUrl);
  url.port = String(address.port);
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Backend {
  readonly socket: Socket;
  client?: Socket;
  release?: () => void;
}

/** ReadyForQuery outside a transaction, which is how each answer of the questions asked here ends. */
const endsReady = (chunk: Buffer): boolean =>
  chunk.length >= 6 && chunk.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));
