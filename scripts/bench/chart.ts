import type { Figures } from "./figures.ts";

const row = 26;
const left = 210;
const wide = 420;

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A bar chart of CPU relative to a program that only exits, as SVG for light and dark themes. */
export function chart({ measured }: Figures): string {
  const base = measured.find(({ name }) => name === "a program that only exits")?.median ?? NaN;
  const bars = measured.map(({ name, median }) => ({ name, times: median / base }));
  const most = Math.max(...bars.map(({ times }) => times));
  const rows = bars.map(({ name, times }, index) => {
    const y = 40 + index * row;
    const length = Math.max(1, Math.round(times / most * wide));
    const kind = /only|--version|^aws/.test(name) ? "other" : "own";
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${kind}" x="${left}" y="${y}" width="${length}" height="18"/>`,
      `<text x="${left + length + 6}" y="${y + 13}">${times.toFixed(2)}</text>`,
    ].join("\n");
  });
  const height = 50 + bars.length * row;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 ${height}" role="img">`,
    "<title>CPU of athm's commands, as multiples of a program that only exits</title>",
    "<style>",
    "text { font: 13px sans-serif; fill: #24292f }",
    ".own { fill: #0969da } .other { fill: #8c959f }",
    "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }",
    "</style>",
    '<text x="8" y="20">CPU, as multiples of a program of the same build that only exits</text>',
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}
