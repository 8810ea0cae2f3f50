import { type Dashboard, heightOf, type Panel, panelJson, type Row, widthOf } from "./panel.ts";

/** A dashboard in the format of Grafana's provisioning. */
export function dashboardJson({ uid, title, about, instances, rows }: Dashboard): Record<string, unknown> {
  return {
    uid,
    title,
    description: about,
    tags: ["xnovu"],
    schemaVersion: 39,
    version: 1,
    editable: false,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    timezone: "browser",
    links: [{ type: "dashboards", tags: ["xnovu"], title: "XNovu", asDropdown: false, keepTime: true }],
    templating: { list: [sourceChoice, ...(instances ? [instanceChoice] : [])] },
    annotations: { list: [] },
    panels: laidOut(rows),
  };
}

const sourceChoice = { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", hide: 0 };
const instanceChoice = {
  name: "instance",
  label: "Worker",
  type: "query",
  datasource: { type: "prometheus", uid: "$datasource" },
  query: { query: "label_values(xnovu_build_info, instance)", refId: "instances" },
  refresh: 2,
  multi: true,
  includeAll: true,
  allValue: ".*",
  current: { text: "All", value: "$__all" },
};

/** Lays panels out from left to right and top to bottom, each row below its title. */
function laidOut(rows: readonly Row[]): Record<string, unknown>[] {
  let y = 0;
  let id = 0;
  return rows.flatMap(({ title, panels }) => {
    const head = { id: ++id, type: "row", title, collapsed: false, panels: [], gridPos: { x: 0, y: y++, w: 24, h: 1 } };
    const { placed, height } = places(panels, y);
    y += height;
    return [head, ...placed.map(({ panel, gridPos }) => ({ id: ++id, ...panelJson(panel), gridPos }))];
  });
}

function places(panels: readonly Panel[], top: number) {
  let [x, y, line] = [0, top, 0];
  const placed = panels.map((panel) => {
    const [w, h] = [widthOf(panel), heightOf(panel)];
    if (x + w > 24) {
      y += line;
      [x, line] = [0, 0];
    }
    const gridPos = { x, y, w, h };
    x += w;
    line = Math.max(line, h);
    return { panel, gridPos };
  });
  return { placed, height: y + line - top };
}
