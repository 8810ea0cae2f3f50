import { test } from "uvu";
import * as assert from "uvu/assert";
import { readBody } from "./limit-body.ts";

const post = (body: BodyInit) =>
  new Request("http://app.example/", { method: "POST", body, duplex: "half" } as RequestInit & { duplex: "half" });

const stream = (chunks: number, pulled: { count: number }) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulled.count++ >= chunks) controller.close();
      else controller.enqueue(new Uint8Array(10).fill(65));
    },
  });

test("a body within the limit is returned whole", async () => {
  assert.is(Buffer.from((await readBody(post("déjà"), 6)) ?? []).toString(), "déjà");
  assert.is((await readBody(post(stream(3, { count: 0 })), 30))?.byteLength, 30);
  assert.is((await readBody(new Request("http://app.example/", { method: "POST" }), 1))?.byteLength, 0);
});

test("a longer body is refused by its Content-Length or while it is read", async () => {
  assert.is(await readBody(post("déjàx"), 6), undefined);
  const pulled = { count: 0 };
  assert.is(await readBody(post(stream(1000, pulled)), 30), undefined);
  assert.ok(pulled.count < 10, `${pulled.count} chunks were read`);
  const announced = new Request("http://app.example/", { method: "POST", headers: { "content-length": "31" } });
  assert.is(await readBody(announced, 30), undefined);
});

test.run();
