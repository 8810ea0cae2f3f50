import { createServer, type IncomingMessage, request } from "node:http";

/** What the registry does with a request: passes it on, answers with a status, breaks the connection, or never answers. */
export type Behaviour = "pass" | "cut" | "hold" | number;

export interface RegistryProxy {
  /** 127.0.0.1:PORT */
  readonly host: string;
  /** Method and path of each request, in order. */
  readonly requests: string[];
  /** Called for each request from now on. */
  behave(how: (method: string, path: string) => Behaviour): void;
  close(): Promise<void>;
}

/** A registry that misbehaves on order, in front of a real one. */
export async function registryProxy(target: string): Promise<RegistryProxy> {
  let how: (method: string, path: string) => Behaviour = () => "pass";
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const [method, path] = [incoming.method ?? "", incoming.url ?? ""];
    requests.push(`${method} ${path}`);
    const behaviour = how(method, path);
    if (behaviour === "hold") return;
    if (behaviour === "cut") return void incoming.socket.destroy();
    if (typeof behaviour === "number") {
      incoming.resume();
      const challenge = behaviour === 401 ? { "www-authenticate": 'Basic realm="test"' } : {};
      return void outgoing.writeHead(behaviour, challenge).end();
    }
    const passed = request({ ...addressOf(target), method, path, headers: incoming.headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, ownLocation(reply, target, host));
      reply.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy listens on no port");
  const host = `127.0.0.1:${address.port}`;
  return {
    host,
    requests,
    behave: (next) => {
      how = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const addressOf = (host: string) => ({ host: host.split(":")[0], port: Number(host.split(":")[1]) });

function ownLocation({ headers }: IncomingMessage, target: string, host: string) {
  const { location } = headers;
  return location === undefined ? headers : { ...headers, location: location.replace(target, host) };
}
