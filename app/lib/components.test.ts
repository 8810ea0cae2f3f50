import { test } from "uvu";
import * as assert from "uvu/assert";
import { workflowIds } from "../../novu/workflows/ids.ts";
import { componentsOf } from "./components.ts";

const up = { status: "up", latencyMs: 1.5 } as const;
const down = { status: "down", latencyMs: 3, error: "connection refused" } as const;

test("each component shows its state, and Supabase only when it was checked", () => {
  const components = componentsOf({ status: "error", checks: { server: up, database: down, novu: up } }, true);
  assert.equal(
    components.map(({ name, state, detail }) => `${name} ${state} ${detail}`),
    [
      "App up 1.5 ms",
      "Bridge up 6 workflows",
      "Database down connection refused",
      "Novu up 1.5 ms",
      "Worker unchecked pnpm xnovu worker health",
      "Temporal unchecked pnpm xnovu worker status",
    ],
  );
  assert.equal(components[1]?.labels, workflowIds);
  assert.ok(componentsOf({ status: "ok", checks: { supabase: up } }, true).some(({ name }) => name === "Supabase"));
});

test("without its key the bridge is down, and its card names the setting", () => {
  const bridge = componentsOf({ status: "ok", checks: {} }, false)[1];
  assert.is(bridge?.state, "down");
  assert.match(bridge?.detail ?? "", "NOVU_SECRET_KEY");
});

test.run();
