import { svg, text } from "./svg.ts";

export interface LinePlot {
  readonly title: string;
  readonly about: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly { readonly label: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

const [width, height] = [820, 320];
const box = { left: 70, right: 790, top: 60, bottom: 270 };

/** Lines over one pair of axes that start at zero; the first is ours. */
export function linePlot({ title, about, xLabel, yLabel, lines }: LinePlot): string {
  const points = lines.flatMap((line) => line.points);
  const mostX = Math.max(...points.map(([x]) => x));
  const mostY = Math.max(...points.map(([, y]) => y)) * 1.1;
  const x = (value: number) => Math.round(box.left + (value / mostX) * (box.right - box.left));
  const y = (value: number) => Math.round(box.bottom - (value / mostY) * (box.bottom - box.top));
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const number = (value: number) => value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
  return svg(width, height, title, [
    text(10, 22, title, { kind: "title" }),
    text(10, 40, about, { kind: "small" }),
    ...ticks.flatMap((share) => [
      `<line class="axis" x1="${box.left}" x2="${box.right}" y1="${y(share * mostY)}" y2="${y(share * mostY)}"/>`,
      text(box.left - 8, y(share * mostY) + 4, number(share * mostY), { anchor: "end", kind: "small" }),
      text(x(share * mostX), box.bottom + 18, number(share * mostX), { anchor: "middle", kind: "small" }),
    ]),
    ...lines.flatMap(({ label, points: own }, index) => [
      `<polyline class="line${index === 0 ? "" : " other"}" points="${own.map(([a, b]) => `${x(a)},${y(b)}`).join(" ")}"/>`,
      text(box.right, box.top - 18 + index * 14, label, { anchor: "end", kind: "small" }),
    ]),
    text((box.left + box.right) / 2, box.bottom + 38, xLabel, { anchor: "middle", kind: "small" }),
    text(box.left, box.top - 6, yLabel, { kind: "small" }),
  ]);
}
