import { svg, text } from "./svg.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** A second, paler bar behind the first: a p95 behind its p50. */
  readonly behind?: number;
  /** Written behind the bar; the value when absent. */
  readonly note?: string;
  readonly ours?: boolean;
}

export interface BarPlot {
  readonly title: string;
  /** What is counted, on what machine, when. */
  readonly about: string;
  readonly bars: readonly Bar[];
}

const width = 860;
const labelWidth = 370;
const barHeight = 18;
const rowHeight = 28;
const top = 56;
const roomForNote = 150;

/** Horizontal bars from zero, one below the other. */
export function barPlot({ title, about, bars }: BarPlot): string {
  const most = Math.max(...bars.map(({ value, behind = 0 }) => Math.max(value, behind)));
  const scale = (value: number) => Math.max(1, Math.round((value / most) * (width - labelWidth - roomForNote)));
  const rows = bars.flatMap(({ label, value, behind, note, ours }, index) => {
    const y = top + index * rowHeight;
    const kind = ours ? "ours" : "bar";
    const bar = (of: number, classes: string) =>
      `<rect class="${classes}" x="${labelWidth}" y="${y}" width="${scale(of)}" height="${barHeight}" rx="2"/>`;
    const end = labelWidth + scale(Math.max(value, behind ?? 0)) + 8;
    return [
      text(labelWidth - 10, y + 14, label, { anchor: "end" }),
      ...(behind === undefined ? [] : [bar(behind, `${kind} light`)]),
      bar(value, kind),
      text(end, y + 14, note ?? value.toLocaleString("en-US")),
    ];
  });
  return svg(width, top + bars.length * rowHeight + 8, title, [
    text(10, 22, title, { kind: "title" }),
    text(10, 40, about, { kind: "small" }),
    ...rows,
  ]);
}
