// The benchmark's arithmetic, and that the document and its chart match the JSON file.

import assert from "node:assert/strict";
import { chart } from "../../scripts/bench/chart.ts";
import { type Figures, median, ratios, table } from "../../scripts/bench/figures.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

Deno.test("bench: a ratio is the median of the ratios of each round", () => {
  const measured = [
    { name: "a program that only spawns", rounds: [10, 20, 40], median: 20 },
    { name: "exec", rounds: [15, 24, 44], median: 24 },
  ];
  const [exec] = ratios(measured);
  assert.equal(exec?.what, "exec / a program that only spawns");
  assert.equal(exec?.ratio, 1.2);
  assert.equal(median([3, 1, 2]), 2);
  // Only what was measured: other tools may not be installed.
  assert.equal(ratios(measured).length, 1);
});

Deno.test("bench: the document and the chart match docs/benchmarks.json", () => {
  const figures: Figures = JSON.parse(read("docs/benchmarks.json"));
  assert.equal(read("docs/benchmarks.svg"), chart(figures));
  // The Markdown formatter aligns tables and wraps lines.
  const plain = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll(/-{2,}/g, "-");
  assert.ok(plain(read("docs/benchmarks.md")).includes(plain(table(figures))));
});
