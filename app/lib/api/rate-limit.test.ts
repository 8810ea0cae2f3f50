import { test } from "uvu";
import * as assert from "uvu/assert";
import { Problem } from "./problem.ts";
import { consumeRate } from "./rate-limit.ts";

const key = (id: string) => ({ id, enterpriseId: "acme", name: "shop" });
const refused = async (consumed: Promise<void>): Promise<Problem> => {
  const error: unknown = await consumed.then(() => "consumed").catch((thrown: unknown) => thrown);
  if (error instanceof Problem) return error;
  throw new Error(`not refused: ${String(error)}`);
};

test("each key has its own limit, points count, and a refusal says when to try again", async () => {
  await consumeRate(key("1"), 60, 100);
  await consumeRate(key("1"), 40, 100);
  const { status, headers, message } = await refused(consumeRate(key("1"), 1, 100));
  assert.is(status, 429);
  assert.ok(Number(headers["Retry-After"]) >= 1 && Number(headers["Retry-After"]) <= 60);
  assert.match(message, "100 notifications a minute");
  await consumeRate(key("2"), 100, 100);
});

test.run();
