import { startNovu } from "@xnovu/novu-emulator";
import { startBridge } from "@xnovu/novu-emulator/test-bridge";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSdk } from "../../novu/sdk.ts";
import { workflowIds } from "../../novu/workflows/ids.ts";
import { workflows } from "../../novu/workflows/index.ts";
import { payloadSchemas } from "../../novu/workflows/schemas.ts";
import { problemsOf } from "./deliver.ts";
import { arrived, excerpt, novuSide } from "./novu-side.ts";
import { novuTransaction, samples } from "./samples.ts";

const secretKey = "key-of-the-demo-test";

test("there is a sample for each workflow, with all that its payload needs", () => {
  const all = samples("x");
  assert.equal(
    all.map(({ workflow }) => workflow),
    [...workflowIds],
  );
  for (const { workflow, payload } of all)
    for (const name of payloadSchemas[workflow].required) assert.ok(name in payload, `${workflow}.${name}`);
  assert.is(new Set(all.map(novuTransaction)).size, all.length);
});

test("what Novu did is read through its API: messages, and why a step failed", async () => {
  const bridge = await startBridge(workflows, secretKey);
  const novu = await startNovu({ secretKey, retryDelaysMs: [] });
  try {
    const sdk = createSdk({ secretKey, apiUrl: novu.url, timeoutMs: 5_000 });
    await novu.control.sync(bridge.url);
    const all = samples("y");
    const trigger = async (index: number) => {
      const sample = all[index];
      if (sample === undefined) throw new Error("no such sample");
      await sdk.trigger({
        workflowId: sample.workflow,
        to: sample.recipient as { subscriberId: string },
        payload: { ...sample.payload },
        transactionId: novuTransaction(sample),
      });
      await novu.control.idle();
      return { sample, side: await novuSide(sdk, novuTransaction(sample)) };
    };
    const good = await trigger(0);
    assert.is(good.side.received[0]?.address, "ada@example.com");
    assert.match(good.side.received[0]?.excerpt ?? "", "Your order 1042");
    assert.equal(problemsOf(good.sample, row("SENT"), good.side, false), []);

    bridge.fail.push(401);
    const { sample, side } = await trigger(1);
    assert.equal(arrived(side.received, sample.channels), []);
    const problems = problemsOf(sample, row("SENT"), side, false);
    assert.match(
      String(problems),
      /^sms: the bridge responded with 401.*NOVU_SECRET_KEY of the app differs from Novu's/,
    );
  } finally {
    await novu.close();
    await bridge.close();
  }
});

const row = (status: "SENT" | "DEAD" | "FAILED" | "PENDING", error: string | null = null) => ({
  status,
  error,
  attempts: 2,
});
const silent = { received: [], failures: [] };

test("a notification is waited for until it cannot come any more", () => {
  const [sample] = samples("z");
  if (sample === undefined) return assert.unreachable();
  assert.is(problemsOf(sample, row("PENDING"), silent, false), "wait");
  assert.is(problemsOf(sample, row("SENT"), silent, false), "wait");
  assert.match(
    String(problemsOf(sample, row("FAILED", "Novu answered 500"), silent, true)),
    "still FAILED after 2 attempts: Novu answered 500",
  );
  assert.match(String(problemsOf(sample, row("SENT"), silent, true)), "got no message in time: email");
  assert.match(
    String(problemsOf(sample, row("DEAD", "no such workflow"), silent, false)),
    "it is DEAD: no such workflow",
  );
});

test("a message's text is shown without mark-up", () => {
  assert.is(
    excerpt("<html><head><style>p{}</style></head><body><p>Tom &amp; Ann</p>\n<p>x</p></body></html>"),
    "Tom & Ann x",
  );
  assert.is(excerpt("a".repeat(200)).length, 90);
});

test.run();
