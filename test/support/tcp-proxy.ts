import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** `up` is from the client to the server. */
export type Direction = "up" | "down";

export interface TcpProxy {
  readonly port: number;
  /** 127.0.0.1:PORT */
  readonly address: string;
  /** The same URL with the proxy's host and port in it. */
  through(url: string): string;
  /** Forwards everything as it arrives; ends every fault below. */
  pass(): void;
  /** Half-open: connections stay and no byte moves, in one direction or both. New ones are taken and get no answer. */
  hold(direction?: Direction): void;
  /** Each chunk arrives this many milliseconds later, in order. */
  delay(ms: number, direction?: Direction): void;
  /** Strands the connections that are there: no byte ever moves on them again, and no end is notified. New ones pass. */
  strand(): void;
  /** Resets every connection (RST). New ones pass. */
  cut(): void;
  /** Resets every connection, and every new one until `pass()`. */
  down(): void;
  connections(): number;
  /** Connections since it started. */
  attempts(): number;
  close(): Promise<void>;
}

interface Way {
  held: boolean;
  delayMs: number;
}

interface Pipe {
  readonly client: Socket;
  readonly server: Socket;
  stranded: boolean;
}

const free = (): Way => ({ held: false, delayMs: 0 });

/** A network between two processes that misbehaves on order, in front of `target` (host:port). On a free port of 127.0.0.1. */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const ways: Record<Direction, Way> = { up: free(), down: free() };
  const pipes = new Set<Pipe>();
  let refusing = false;
  let attempts = 0;
  const listener = createServer((client) => {
    attempts++;
    client.on("error", () => undefined);
    if (refusing) return void reset(client);
    const server = connect(portOf(target), hostOf(target));
    const pipe = { client, server, stranded: false };
    pipes.add(pipe);
    for (const socket of [client, server]) socket.setNoDelay(true);
    forward(client, server, ways.up);
    forward(server, client, ways.down);
    const forget = () => client.destroyed && server.destroyed && pipes.delete(pipe);
    client.once("close", forget);
    server.once("close", forget);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the proxy listens on no port");

  const change = (direction: Direction | undefined, apply: (way: Way) => void) => {
    for (const name of direction ? [direction] : (["up", "down"] as const)) apply(ways[name]);
    for (const { client, server, stranded } of pipes) {
      if (stranded) continue;
      flow(client, ways.up);
      flow(server, ways.down);
    }
  };
  const cut = () => {
    for (const { client, server } of pipes) {
      reset(client);
      reset(server);
    }
  };
  const host = `127.0.0.1:${address.port}`;
  return {
    port: address.port,
    address: host,
    through: (url) => Object.assign(new URL(url), { host }).href,
    pass() {
      refusing = false;
      change(undefined, (way) => Object.assign(way, free()));
    },
    hold: (direction) =>
      change(direction, (way) => {
        way.held = true;
      }),
    delay: (ms, direction) =>
      change(direction, (way) => {
        way.delayMs = ms;
      }),
    strand() {
      for (const pipe of pipes) {
        pipe.stranded = true;
        pipe.client.pause();
        pipe.server.pause();
      }
    },
    cut,
    down() {
      refusing = true;
      cut();
    },
    connections: () => pipes.size,
    attempts: () => attempts,
    async close() {
      refusing = true;
      for (const { client, server } of pipes) {
        // Not by a reset, which first waits for what is still to be written.
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/**
 * A socket whose end is on its way cannot be reset: libuv refuses (EINVAL), and node then forgets a handle that it never closes. The process
 * waits for it at its own end, after the last timer and for ever.
 */
const reset = (socket: Socket) => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());

const flow = (socket: Socket, way: Way) => (way.held ? socket.pause() : socket.resume());

/** Chunks that are delayed keep their order when the delay changes: none is due before the one ahead of it. */
function forward(from: Socket, to: Socket, way: Way): void {
  let lastDue = 0;
  const inOrder = (work: () => void) => {
    const now = performance.now();
    lastDue = Math.max(lastDue, now + way.delayMs);
    if (lastDue <= now) work();
    else setTimeout(work, lastDue - now);
  };
  from.on("data", (chunk) => inOrder(() => to.writable && to.write(chunk)));
  from.on("end", () => inOrder(() => to.end()));
  // A reset on one side is a reset on the other.
  from.on("error", () => reset(to));
  from.on("close", () => inOrder(() => to.destroy()));
  flow(from, way);
}

const hostOf = (target: string) => target.slice(0, target.lastIndexOf(":"));
const portOf = (target: string) => Number(target.slice(target.lastIndexOf(":") + 1));
