import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { tcpProxy } from "./tcp-proxy.ts";

const openSockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

test("a connection that is reset in the moment that it ends leaves no handle behind", async () => {
  const before = openSockets();
  const accepted: Socket[] = [];
  const target = createServer((socket) => void accepted.push(socket.on("error", () => undefined))).listen(
    0,
    "127.0.0.1",
  );
  await once(target, "listening");
  const address = target.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const proxy = await tcpProxy(`127.0.0.1:${port}`);
  const open = (to: number) => connect({ port: to, host: "127.0.0.1" }).on("error", () => undefined);
  const client = open(proxy.port);
  await once(target, "connection");
  const order = open(port);
  const [ordered] = (await once(target, "connection")) as [Socket];
  ordered.on("data", () => proxy.cut());
  // The end and the order arrive in one tick of the event loop: the proxy has passed the end on, and it is not out yet.
  client.end(() => order.write("cut"));
  await sleep(100);
  for (const socket of [client, order, ...accepted]) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => target.close(resolve));
  await sleep(20);
  assert.is(openSockets(), before);
});

test.run();
