import { createServer, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply } from "../core/delivery.ts";
import { createNovu } from "./client.ts";
import { maxReplyBytes } from "./response-body.ts";

// What a server, or something before it, may send over the wire: written byte by byte, since an HTTP library would not send it.

const test = suite("path to Novu");
const accepted = JSON.stringify({ data: { acknowledged: true, status: "processed" } });

/** Sends one event to a server that writes `reply` once it has read the request's head. */
async function replyTo(reply: (socket: Socket) => void): Promise<CallReply> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => reply(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const novu = createNovu({ secretKey: "k", apiUrl: `http://127.0.0.1:${port}`, timeoutMs: 5_000 });
  try {
    const event = { notificationId: "1", ordinal: 0, workflow: "sms", transactionId: "t", overrides: "{}" };
    return await novu.send({ idempotencyKey: "i", events: [{ ...event, recipient: '"ada"', payload: "{}" }] });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const http = (status: string, body: Buffer | string, ...headers: string[]): Buffer => {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, `content-length: ${bytes.length}`, ...headers, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head), bytes]);
};

test("a reply is read in each encoding that a proxy may add", async () => {
  const table: [string, Buffer][] = [
    ["identity", Buffer.from(accepted)],
    ["gzip", gzipSync(accepted)],
    ["GZIP", gzipSync(accepted)],
    ["deflate", deflateSync(accepted)],
    ["br", brotliCompressSync(accepted)],
    ["gzip, gzip", gzipSync(gzipSync(accepted))],
  ];
  for (const [encoding, body] of table) {
    const reply = await replyTo((socket) => socket.write(http("201 Created", body, `content-encoding: ${encoding}`)));
    assert.equal(reply, { kind: "answered", outcomes: [{ kind: "sent" }] }, encoding);
  }
});

test("a reply that cannot be decoded is not Novu's", async () => {
  for (const [encoding, body] of [
    ["zstd", accepted],
    ["constructor", accepted],
    ["gzip", accepted],
    ["br", gzipSync(accepted)],
  ] as const) {
    const reply = await replyTo((socket) => socket.write(http("201 Created", body, `content-encoding: ${encoding}`)));
    assert.ok(reply.kind === "paused" && reply.needsPerson, `${encoding}: ${JSON.stringify(reply)}`);
  }
});

test("informational replies before the real one are read past, requested or not", async () => {
  for (const before of [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
  ]) {
    const reply = await replyTo((socket) =>
      socket.write(Buffer.concat([Buffer.from(before), http("201 Created", accepted)])),
    );
    assert.equal(reply, { kind: "answered", outcomes: [{ kind: "sent" }] }, before);
  }
});

test("a reply without an end is cut off, compressed or not, and memory stays bounded", async () => {
  const chunk = Buffer.alloc(64 * 1024, 32);
  let written = 0;
  const endless = (socket: Socket) => {
    const more = () => {
      while (!socket.destroyed && written < 40 * maxReplyBytes) {
        written += chunk.length;
        if (!socket.write(chunk)) return void socket.once("drain", more);
      }
    };
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
    more();
  };
  const plain = await replyTo(endless);
  assert.ok(plain.kind === "paused" && plain.reason.includes("longer than"), JSON.stringify(plain));
  assert.ok(written < 10 * maxReplyBytes, `${written} bytes were sent`);
  const bomb = gzipSync(Buffer.alloc(20 * maxReplyBytes));
  const packed = await replyTo((socket) => socket.write(http("200 OK", bomb, "content-encoding: gzip")));
  assert.ok(packed.kind === "paused" && packed.reason.includes("longer than"), JSON.stringify(packed));
});

test("a reply that breaks off may have been accepted", async () => {
  const reply = await replyTo((socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{"data"'));
  assert.is(reply.kind, "unknown");
});

test.run();
