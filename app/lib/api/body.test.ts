import { test } from "uvu";
import * as assert from "uvu/assert";
import { jsonBody, maxBodyBytes } from "./body.ts";
import { Problem } from "./problem.ts";

const post = (body: BodyInit, headers: Record<string, string> = { "content-type": "application/json" }) =>
  new Request("http://app.example/", { method: "POST", body, headers });
const status = (request: Request) =>
  jsonBody(request).then(
    () => 200,
    (error: unknown) => (error instanceof Problem ? error.status : String(error)),
  );

test("the text is returned unchanged, without a byte order mark", async () => {
  assert.equal(await jsonBody(post('\ufeff{"n": 1.50}')), { text: '{"n": 1.50}', value: { n: 1.5 } });
  for (const type of ["application/json", "Application/JSON; charset=UTF-8", 'application/json; charset="utf-8"'])
    assert.is(await status(post("{}", { "content-type": type })), 200, type);
});

test("other types and encodings are 415, invalid JSON is 400, a long body is 413", async () => {
  for (const type of ["text/plain", "application/json; charset=latin1", "application/problem+json", "json"])
    assert.is(await status(post("{}", { "content-type": type })), 415, type);
  assert.is(await status(post(new Uint8Array([0x7b, 0x7d]), {})), 415);
  const gzip = { "content-type": "application/json", "content-encoding": "gzip" };
  assert.is(await status(post("{}", gzip)), 415);
  for (const body of ["", "{", "{}x", new Uint8Array([0xff, 0xfe])]) assert.is(await status(post(body)), 400);
  assert.is(await status(post(" ".repeat(maxBodyBytes + 1))), 413);
});

test.run();
