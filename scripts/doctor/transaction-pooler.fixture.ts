import { connect, createServer, type Socket } from "node:net";

export interface TransactionPooler {
  /** The database URL, through the pooler. */
  readonly url: string;
  close(): Promise<void>;
}

/** Runs each transaction on the server connection that became idle last, as poolers in transaction mode do. Each client login opens a connection. */
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
      // The transaction, or the login, is complete.
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
      // Terminate message: the server connection stays open.
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

/** ReadyForQuery outside a transaction: the end of each response to the queries here. */
const endsReady = (chunk: Buffer): boolean =>
  chunk.length >= 6 && chunk.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));
