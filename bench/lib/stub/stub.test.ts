import { test } from "uvu";
import * as assert from "uvu/assert";
import { mismatchOf } from "../../delivery/round.ts";
import { novuCalls } from "../../peers/novu-calls.ts";
import { monotonicMs } from "../numbers.ts";
import { startStub } from "./start.ts";

const event = (transactionId: string) => ({ name: "email", to: "ada", payload: { subject: "Hello" }, transactionId });

test("the endpoint counts single and bulk calls, tells when all have come, and finds what came twice", async () => {
  const stub = await startStub();
  const novu = novuCalls(stub.url, 2);
  try {
    const { reached } = await stub.expect(3);
    const began = monotonicMs();
    await novu.single(event("a"));
    await novu.bulk([event("b"), event("c")]);
    const at = await reached;
    assert.ok(at > began && at < monotonicMs());
    assert.equal(await stub.counts(), { events: 3, duplicates: 0, single: 1, bulk: 1 });
    assert.is(mismatchOf(await stub.counts(), 3), undefined);
    assert.match(String(mismatchOf(await stub.counts(), 4)), "3 events and 0 duplicates for 4 rows");

    await novu.bulk([event("c"), event("a")]);
    assert.is((await stub.counts()).duplicates, 2);
    // As many events as rows, one of them twice: one row was lost.
    assert.match(String(mismatchOf(await stub.counts(), 5)), "2 duplicates");
    assert.equal([...(await stub.times()).keys()], ["a", "b", "c"]);

    await stub.expect(1);
    assert.equal(await stub.counts(), { events: 0, duplicates: 0, single: 0, bulk: 0 });
  } finally {
    await novu.close();
    await stub.close();
  }
});

test.run();
