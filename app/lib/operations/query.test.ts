import { test } from "uvu";
import * as assert from "uvu/assert";
import { addressOf, queryOf } from "./query.ts";

test("filters are read from the URL and written back", () => {
  const query = { status: "DEAD", workflow: "email", enterpriseId: "acme", before: "42" } as const;
  assert.equal(queryOf({ status: "DEAD", workflow: " email ", tenant: "acme", before: "42" }), query);
  assert.is(addressOf(query), "/operations?status=DEAD&workflow=email&tenant=acme&before=42");
  assert.is(addressOf({}), "/operations");
  assert.is(addressOf({ workflow: "a&b=c" }), "/operations?workflow=a%26b%3Dc");
});

test("invalid filters are ignored", () => {
  assert.equal(queryOf({ status: "dead", workflow: "", before: "-1", other: "x" }), {});
  assert.equal(queryOf({ status: ["SENT", "DEAD"], before: ["7; DROP", "8"] }), { status: "SENT" });
});

test.run();
