/** Text of an SVG that is read on light and on dark pages: its colours follow `prefers-color-scheme`. */
export function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    style,
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

const style = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
.bar { fill: #8c959f }
.ours { fill: #0969da }
.light { opacity: .45 }
.line { fill: none; stroke: #0969da; stroke-width: 2 }
.other { stroke: #8c959f }
.axis { stroke: #d1d9e0 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.small { fill: #9198a1 }
.bar { fill: #6e7681 }
.ours { fill: #58a6ff }
.line { stroke: #58a6ff }
.other { stroke: #6e7681 }
.axis { stroke: #3d444d }
}
</style>`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly kind?: "title" | "small";
}

export const text = (x: number, y: number, words: string, { anchor = "start", kind }: TextOptions = {}): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${kind ? ` class="${kind}"` : ""}>${escaped(words)}</text>`;
