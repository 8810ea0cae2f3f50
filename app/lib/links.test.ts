import { test } from "uvu";
import * as assert from "uvu/assert";
import { inboxUrl, ownPort } from "./links.ts";

test("the inbox is linked only when its address is a web URL", () => {
  assert.is(inboxUrl({ XNOVU_INBOX_URL: " http://localhost:4001/inbox " }), "http://localhost:4001/inbox");
  for (const value of [undefined, "", "javascript:alert(1)", "localhost", "/inbox"])
    assert.is(inboxUrl({ XNOVU_INBOX_URL: value }), undefined, value);
});

test("the port is the configured one, or the default", () => {
  assert.is(ownPort({ PORT: "4100" }), 4100);
  for (const value of [undefined, "", "many"]) assert.is(ownPort({ PORT: value }), 4000, value);
});

test.run();
