import { test } from "uvu";
import * as assert from "uvu/assert";
import { Problem } from "./problem.ts";
import { take } from "./rate.ts";

const key = (id: string) => ({ id, enterpriseId: "acme", name: "shop" });
const refused = async (taken: Promise<void>): Promise<Problem> => {
  const error: unknown = await taken.then(() => "taken").catch((fault: unknown) => fault);
  if (error instanceof Problem) return error;
  throw new Error(`not refused: ${String(error)}`);
};

test("a key's minute is its own, and points count; what is refused says when to come back", async () => {
  await take(key("1"), 60, 100);
  await take(key("1"), 40, 100);
  const { status, headers, message } = await refused(take(key("1"), 1, 100));
  assert.is(status, 429);
  assert.ok(Number(headers["Retry-After"]) >= 1 && Number(headers["Retry-After"]) <= 60);
  assert.match(message, "100 notifications a minute");
  await take(key("2"), 100, 100);
});

test.run();
