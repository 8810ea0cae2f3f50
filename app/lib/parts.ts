import { workflowIds } from "../../novu/workflows/ids.ts";
import type { CheckResult, HealthReport } from "./health/report.ts";

export type ComponentState = "up" | "down" | "elsewhere";

/** One box of the landing page. */
export interface Part {
  readonly name: string;
  readonly about: string;
  readonly state: ComponentState;
  /** What the box says of the state: a latency, why it is down, or where to ask. */
  readonly detail: string;
  /** Short words listed under the box. */
  readonly labels?: readonly string[];
}

/** What runs, as far as the app can see it. */
export function partsOf(report: HealthReport, bridgeReady: boolean): Part[] {
  const { server, database, novu, supabase } = report.checks;
  return [
    checked("App", "This server: bridge, API, health check and this page", server),
    {
      name: "Bridge",
      about: "Renders each step when Novu asks, at /api/novu",
      state: bridgeReady ? "up" : "down",
      detail: bridgeReady ? `${workflowIds.length} workflows` : "not configured: NOVU_SECRET_KEY",
      labels: workflowIds,
    },
    checked("Database", "Postgres holds each notification and its state", database),
    checked("Novu", "Takes the events and delivers them", novu),
    ...(supabase ? [checked("Supabase", "The project's API", supabase)] : []),
    elsewhere("Worker", "Claims rows and sends them to Novu", "pnpm xnovu worker health"),
    elsewhere("Temporal", "Makes the work between claim and outcome durable", "pnpm xnovu worker status"),
  ];
}

function checked(name: string, about: string, check: CheckResult | undefined): Part {
  if (check === undefined) return { name, about, state: "down", detail: "not checked" };
  return { name, about, state: check.status, detail: check.error ?? `${check.latencyMs} ms` };
}

const elsewhere = (name: string, about: string, detail: string): Part => ({ name, about, state: "elsewhere", detail });
