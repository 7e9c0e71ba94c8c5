// The benchmark's arithmetic, its chart, and that the document shows the figures of the file beside it.

import assert from "node:assert/strict";
import { chart } from "../scripts/bench/chart.ts";
import { type Figures, median, ratios, table } from "../scripts/bench/figures.ts";

const root = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

Deno.test("bench: ratios are those of each round, not of the medians", () => {
  const measured = [
    { name: "a program that only spawns", rounds: [10, 20, 40], median: 20 },
    { name: "exec", rounds: [15, 24, 44], median: 24 },
  ];
  const [exec] = ratios(measured);
  assert.equal(exec?.what, "exec / a program that only spawns");
  assert.equal(exec?.ratio, 1.2);
  assert.equal(median([3, 1, 2]), 2);
});

Deno.test("bench: the document and its chart are of the figures beside them", () => {
  const figures: Figures = JSON.parse(read("docs/benchmarks.json"));
  assert.equal(read("docs/benchmarks.svg"), chart(figures));
  // The formatter of documents aligns tables and fills lines.
  const plain = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll(/-{2,}/g, "-");
  assert.ok(plain(read("docs/benchmarks.md")).includes(plain(table(figures))));
});
