/** A line of a panel: a PromQL expression, and its name in the legend (`{{label}}` stands for a label's value). */
export type Query = readonly [expr: string, legend: string];

/** The colour from a value upwards. The first has no value. */
export type Threshold = readonly [from: number | null, colour: "green" | "yellow" | "red" | "blue"];

export interface Panel {
  readonly title: string;
  /** What it shows and how to read it. Grafana shows it behind the (i) of the panel. */
  readonly about: string;
  /** Name of the unit in Grafana: s, ops, reqps, short, percentunit, bytes, dtdurations, … */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** A single value, lines, a heatmap of histogram buckets, or a table of labels. Default: lines. */
  readonly as?: "timeseries" | "stat" | "heatmap" | "table";
  readonly thresholds?: readonly Threshold[];
  /** Text to show for a value. */
  readonly words?: Readonly<Record<string, string>>;
  /** Columns of 24. Default: 4 for a stat, 12 for others. */
  readonly width?: number;
  readonly stacked?: boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  /** Adds a choice of instances, which queries use as `$instance`. */
  readonly instances?: boolean;
  readonly rows: readonly Row[];
}

const source = { type: "prometheus", uid: "$datasource" };

export const heightOf = ({ as }: Panel): number => (as === "stat" ? 4 : 8);
export const widthOf = ({ as, width }: Panel): number => width ?? (as === "stat" ? 4 : 12);

/** A panel for Grafana 10 and later, without its position. */
export function panelJson(panel: Panel): Record<string, unknown> {
  const { title, about, queries, as = "timeseries" } = panel;
  return {
    type: as,
    title,
    description: about,
    datasource: source,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: source,
      expr,
      legendFormat,
      ...(as === "heatmap" ? { format: "heatmap" } : {}),
      ...(as === "table" ? { format: "table", instant: true } : {}),
    })),
    fieldConfig: { defaults: fieldOf(panel), overrides: [] },
    options: optionsOf(panel),
  };
}

function fieldOf({ as = "timeseries", unit, thresholds = [[null, "green"]], words, stacked }: Panel) {
  return {
    unit,
    ...(as === "stat" ? {} : { min: 0 }),
    thresholds: { mode: "absolute", steps: thresholds.map(([value, color]) => ({ value, color })) },
    mappings:
      words === undefined
        ? []
        : [{ type: "value", options: Object.fromEntries(Object.entries(words).map(([key, text]) => [key, { text }])) }],
    ...(as !== "timeseries"
      ? {}
      : {
          custom: {
            lineWidth: 1,
            fillOpacity: stacked ? 30 : 8,
            showPoints: "never",
            stacking: { mode: stacked ? "normal" : "none" },
            thresholdsStyle: { mode: thresholds.length > 1 ? "line" : "off" },
          },
        }),
  };
}

function optionsOf({ as = "timeseries", unit }: Panel): Record<string, unknown> {
  switch (as) {
    case "stat":
      return { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "background", graphMode: "area" };
    case "heatmap":
      return { calculate: false, color: { scheme: "Blues", mode: "scheme" }, yAxis: { unit } };
    case "table":
      return { showHeader: true };
    case "timeseries":
      return { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } };
  }
}
