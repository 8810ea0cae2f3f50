// The timeline names the Temporal workflow that held a row. The view builds the ids in SQL, the worker in TypeScript.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { claimWorkflowId, sessionWorkflowId } from "../core/workflow-ids.ts";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { insertRows, poolOf } from "./database.fixture.ts";
import { createDelivery } from "./delivery.ts";
import { show } from "./reader.ts";

const test = suite("timeline");
let database: TestDatabase;
let pool: pg.Pool;

test.before(async () => {
  database = await testDatabase();
  pool = poolOf(database.url);
});
test.after(async () => {
  await pool.end();
  await database.close();
});

test("a row is held by the worker's session, then by its fan-out workflow", async () => {
  const [id = ""] = await insertRows(pool, [{}]);
  const held = async () => (await show(pool, id))?.timeline.at(-1)?.workflowId;
  const { token } = await createClaims(pool).claim("new", "worker-1", 60_000, 1);
  assert.is(await held(), sessionWorkflowId("worker-1"));
  const next = await createDelivery(pool).startFanOut(token, [id], 60_000);
  assert.is(await held(), claimWorkflowId(next ?? ""));
});

test.run();
