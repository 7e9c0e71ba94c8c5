// Merged chunks of the bundle: they must behave as before, or be rejected.

import assert from "node:assert/strict";
import { mergeChunks, merged } from "../../scripts/merge_chunks.ts";

/** A bundle as the bundler writes it; `a` means something else in each file. */
const bundle = new Map([
  [
    "main.js",
    'import"./chunk-C.js";import{b as a,c}from"./chunk-B.js";' +
    'export const said=[a("x"),c,await import("./late-D.js").then(({d})=>d)];',
  ],
  [
    "chunk-B.js",
    'import{a}from"./chunk-C.js";var e=a("from B "),b=t=>e+t;class x{}export{b,x as c};',
  ],
  [
    "chunk-C.js",
    "globalThis.loadedC=(globalThis.loadedC??0)+1;function a(t){return`<${t}>`}export{a};\n/**\n* @license MIT\n*/\n",
  ],
  [
    "late-D.js",
    'import{a as b}from"./chunk-C.js";import{c}from"./chunk-B.js";import"./only-E.js";var a=[b("late"),c];export{a as d};',
  ],
  ["only-E.js", "globalThis.loadedE=true;"],
  ["odd-F.js", "export var a=1;var b=2;"],
]);
const main = (bundle.get("main.js") ?? "").replace("export const said=", "var s=") +
  "export{s as said};";

interface Said {
  readonly said: readonly [string, unknown, readonly [string, unknown]];
}

async function run(files: ReadonlyMap<string, string>): Promise<Said> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of files) await Deno.writeTextFile(`${folder}/${name}`, text);
    return await import(new URL(`file://${folder}/main.js`).href);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("merge: many files behave the same as one", async () => {
  const files = new Map([...bundle, ["main.js", main]]);
  const one = mergeChunks(files, "main.js");
  assert.deepEqual(
    [...one.keys()].sort(),
    [merged, "late-D.js", "main.js", "odd-F.js", "only-E.js"].sort(),
  );
  for (const each of [files, one]) {
    Object.assign(globalThis, { loadedC: 0, loadedE: false });
    const { said } = await run(each);
    assert.equal(said[0], "<from B >x");
    assert.equal(said[2][0], "<late>");
    // The same class, wherever it is imported from.
    assert.equal(said[1], said[2][1]);
    assert.deepEqual([Reflect.get(globalThis, "loadedC"), Reflect.get(globalThis, "loadedE")], [
      1,
      true,
    ]);
  }
  Reflect.deleteProperty(globalThis, "loadedC");
  Reflect.deleteProperty(globalThis, "loadedE");
});

for (
  const [title, text] of [
    ["everything of another", 'import"./chunk-C.js";import*as a from"./chunk-C.js";'],
    ["a default", 'import"./chunk-C.js";import a from"./chunk-C.js";'],
    ["what is handed on", 'import"./chunk-C.js";var a=1;export{b}from"./chunk-C.js";'],
    ["a chunk later", 'import"./chunk-C.js";var a=await import("./chunk-C.js");'],
    ["one with exports in its middle", 'import"./odd-F.js";'],
    ["a chunk that is missing", 'import{a}from"./chunk-X.js";'],
    ["itself", 'import{a}from"./main.js";'],
  ] as const
) {
  Deno.test(`merge: a file that imports or exports ${title} is rejected`, () => {
    assert.throws(() => mergeChunks(new Map([...bundle, ["main.js", text]]), "main.js"));
  });
}

Deno.test("merge: without chunks nothing changes", () => {
  const files = new Map([["main.js", "var a=1;"], ["deno.json", "{}"]]);
  assert.deepEqual(mergeChunks(files, "main.js"), files);
});
