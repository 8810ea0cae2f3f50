import { test } from "uvu";
import * as assert from "uvu/assert";
import { workflowIds } from "../../novu/workflows/ids.ts";
import { partsOf } from "./parts.ts";

const up = { status: "up", latencyMs: 1.5 } as const;
const down = { status: "down", latencyMs: 3, error: "connection refused" } as const;

test("each part says its state, and Supabase is there only when it was checked", () => {
  const parts = partsOf({ status: "error", checks: { server: up, database: down, novu: up } }, true);
  assert.equal(
    parts.map((part) => `${part.name} ${part.state} ${part.detail}`),
    [
      "App up 1.5 ms",
      "Bridge up 6 workflows",
      "Database down connection refused",
      "Novu up 1.5 ms",
      "Worker elsewhere pnpm xnovu worker health",
      "Temporal elsewhere pnpm xnovu worker status",
    ],
  );
  assert.equal(parts[1]?.labels, workflowIds);
  assert.ok(partsOf({ status: "ok", checks: { supabase: up } }, true).some((part) => part.name === "Supabase"));
});

test("a bridge without its key is down and names the setting", () => {
  const bridge = partsOf({ status: "ok", checks: {} }, false)[1];
  assert.is(bridge?.state, "down");
  assert.match(bridge?.detail ?? "", "NOVU_SECRET_KEY");
});

test.run();
