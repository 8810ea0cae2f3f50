import { dashboardJson } from "./dashboard.ts";
import { delivery } from "./delivery.ts";
import { overview } from "./overview.ts";
import type { Dashboard } from "./panel.ts";
import { temporal } from "./temporal.ts";
import { worker } from "./worker.ts";

export const dashboards: readonly Dashboard[] = [overview, delivery, worker, temporal];

/** The files of deploy/grafana/generated: path relative to the project, and text. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(
    dashboards.map((dashboard) => [
      `deploy/grafana/generated/${dashboard.uid}.json`,
      `${JSON.stringify(dashboardJson(dashboard), undefined, 2)}\n`,
    ]),
  );
