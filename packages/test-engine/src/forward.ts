import { connect, createServer, type Server, type Socket } from "node:net";

export interface Forward {
  /** HOST:PORT as containers see it. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Lets containers reach a server that listens on the machine's loopback only: opens the same port on the engine's
 * gateway, or a free one where somebody else's forward has it, and passes each connection on.
 */
export async function forward(gateway: string, port: number): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      socket.on("error", () => other.destroy());
      socket.pipe(other);
    }
  });
  await listen(server, gateway, port).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return listen(server, gateway, 0);
    throw error;
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  const bound = server.address();
  return { address: `${gateway}:${bound !== null && typeof bound === "object" ? bound.port : port}`, close };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
