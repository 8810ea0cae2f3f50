import { daySeconds } from "./load.ts";

/** A line for each rule, one value a minute. */
export interface DayLine {
  readonly label: string;
  readonly kind: "keda" | "hpa" | "fixed";
  readonly values: readonly number[];
}

export interface Panel {
  readonly label: string;
  readonly lines: readonly DayLine[];
}

const width = 820;
const panelHeight = 150;
const gap = 46;
const top = 84;
const box = { left: 70, right: 800 };

/** Panels one below the other over the hours of a day; light and dark by the reader's own choice. */
export function dayPlot(title: string, about: string, panels: readonly Panel[]): string {
  const height = top + panels.length * (panelHeight + gap);
  const legend = panels[0]?.lines ?? [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    style,
    `<text class="title" x="10" y="22">${title}</text>`,
    `<text class="small" x="10" y="40">${about}</text>`,
    ...legend.flatMap(({ label, kind }, index) => [
      `<line class="${kind}" x1="${40 + index * 262}" x2="${64 + index * 262}" y1="58" y2="58"/>`,
      `<text class="small" x="${70 + index * 262}" y="62">${label}</text>`,
    ]),
    ...panels.flatMap((panel, index) => drawn(panel, top + index * (panelHeight + gap))),
    "</svg>",
    "",
  ].join("\n");
}

function drawn({ label, lines }: Panel, above: number): string[] {
  const most = nice(Math.max(1, ...lines.flatMap(({ values }) => values)));
  const y = (value: number) => Math.round((above + panelHeight - (value / most) * panelHeight) * 10) / 10;
  const x = (minute: number) =>
    Math.round((box.left + (minute / (daySeconds / 60)) * (box.right - box.left)) * 10) / 10;
  return [
    `<text class="small" x="${box.left}" y="${above - 8}">${label}</text>`,
    ...[0, 0.5, 1].flatMap((share) => [
      `<line class="axis" x1="${box.left}" x2="${box.right}" y1="${y(share * most)}" y2="${y(share * most)}"/>`,
      `<text class="small" text-anchor="end" x="${box.left - 8}" y="${y(share * most) + 4}">${(share * most).toLocaleString("en-US")}</text>`,
    ]),
    ...[0, 4, 8, 12, 16, 20, 24].map(
      (hour) =>
        `<text class="small" text-anchor="middle" x="${x(hour * 60)}" y="${above + panelHeight + 16}">${hour}:00</text>`,
    ),
    // The one that matters most is drawn last, on top.
    ...lines.toReversed().map(({ kind, values }) => {
      const points = values.map((value, minute) => `${x(minute)},${y(value)}`).join(" ");
      return `<polyline class="${kind}" points="${points}"/>`;
    }),
  ];
}

/** The next of 1, 2, 5, 10, 20, … */
function nice(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const style = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
polyline { fill: none; stroke-width: 1.5; stroke-linejoin: round }
.axis { stroke: #d1d9e0 }
.keda { stroke: #0969da }
.hpa { stroke: #bc4c00 }
.fixed { stroke: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.small { fill: #9198a1 }
.axis { stroke: #3d444d }
.keda { stroke: #58a6ff }
.hpa { stroke: #f0883e }
.fixed { stroke: #6e7681 }
}
</style>`;
