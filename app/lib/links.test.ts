import { test } from "uvu";
import * as assert from "uvu/assert";
import { inboxUrl, ownPort } from "./links.ts";

test("the inbox is linked only when its address is one a browser may open", () => {
  assert.is(inboxUrl({ XNOVU_INBOX_URL: " http://localhost:4001/inbox " }), "http://localhost:4001/inbox");
  for (const value of [undefined, "", "javascript:alert(1)", "localhost", "/inbox"])
    assert.is(inboxUrl({ XNOVU_INBOX_URL: value }), undefined, value);
});

test("the port is the one that is set, or the usual one", () => {
  assert.is(ownPort({ PORT: "4100" }), 4100);
  for (const value of [undefined, "", "many"]) assert.is(ownPort({ PORT: value }), 4000, value);
});

test.run();
