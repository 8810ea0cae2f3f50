import { workflowIds } from "../../novu/workflows/ids.ts";
import type { CheckResult, HealthReport } from "./health/report.ts";

export type ComponentState = "up" | "down" | "unchecked";

/** One card of the landing page. */
export interface Component {
  readonly name: string;
  readonly about: string;
  readonly state: ComponentState;
  /** A latency, the reason why it is down, or the command that checks it. */
  readonly detail: string;
  /** Short words listed on the card. */
  readonly labels?: readonly string[];
}

/** The status of each component that the app can check, and the commands for the others. */
export function componentsOf(report: HealthReport, bridgeReady: boolean): Component[] {
  const { server, database, novu, supabase } = report.checks;
  return [
    checked("App", "This server: bridge, API, health check and these pages", server),
    {
      name: "Bridge",
      about: "Renders each step for Novu, at /api/novu",
      state: bridgeReady ? "up" : "down",
      detail: bridgeReady ? `${workflowIds.length} workflows` : "not configured: NOVU_SECRET_KEY",
      labels: workflowIds,
    },
    checked("Database", "Postgres stores each notification and its status", database),
    checked("Novu", "Accepts the events and delivers the messages", novu),
    ...(supabase ? [checked("Supabase", "The REST API of the project", supabase)] : []),
    unchecked("Worker", "Claims rows and sends them to Novu", "pnpm xnovu worker health"),
    unchecked("Temporal", "Makes the work between claim and outcome durable", "pnpm xnovu worker status"),
  ];
}

function checked(name: string, about: string, check: CheckResult | undefined): Component {
  if (check === undefined) return { name, about, state: "down", detail: "not checked" };
  return { name, about, state: check.status, detail: check.error ?? `${check.latencyMs} ms` };
}

const unchecked = (name: string, about: string, detail: string): Component => ({
  name,
  about,
  state: "unchecked",
  detail,
});
