import { test } from "uvu";
import * as assert from "uvu/assert";
import { inboxUrl } from "./links.ts";

test("the inbox is linked only when its address is one a browser may open", () => {
  assert.is(inboxUrl({ XNOVU_INBOX_URL: " http://localhost:4001/inbox " }), "http://localhost:4001/inbox");
  for (const value of [undefined, "", "javascript:alert(1)", "localhost", "/inbox"])
    assert.is(inboxUrl({ XNOVU_INBOX_URL: value }), undefined, value);
});

test.run();
