/**
 * Merges the chunks that every start loads into one file: the bundler makes a chunk for anything that
 * two commands share, and each file costs a start 0.2 ms of CPU.
 *
 * It only understands the bundler's minified output: static imports at the head of a file and one list
 * of exports at its end. Anything else is an error. It cannot detect one problem: importers see the
 * value that an exported variable has when its file is loaded, never a later one, so nothing in src/
 * exports a variable that is reassigned (tests/house/layers_test.ts).
 *
 * @module
 */

/** The merged file. */
export const merged = "kept.js";

interface Chunk {
  /** What it imports: the file, and `[name there, name here]` of each. */
  readonly imports: readonly { readonly from: string; readonly names: readonly Pair[] }[];
  readonly body: string;
  /** `[name here, name for others]`. */
  readonly exports: readonly Pair[];
}
type Pair = readonly [string, string];

const oneImport = /import(?:\{([\w$, ]*)\}from)?"\.\/([\w.-]+)";/y;
/** The bundler puts comments with licenses at the end. */
const allExports = /export\{([\w$, ]*)\};?\s*((?:\/\*[^*]*(?:\*(?!\/)[^*]*)*\*\/\s*)*)$/;

/** The same bundle, with everything that `entry` imports statically in one file next to it. */
export function mergeChunks(
  files: ReadonlyMap<string, string>,
  entry: string,
): Map<string, string> {
  const chunks = new Map([...files].map(([name, text]) => [name, parsed(name, text)]));
  const inside = closure(chunks, entry).filter((name) => name !== entry);
  if (inside.length === 0) return new Map(files);
  // Each one's exports become an object in the merged file.
  const values = new Map(inside.map((name, at) => [name, `$${at}`]));
  const result = new Map([[
    merged,
    inside.map((name) => asValue(name, chunks, values)).join("\n"),
  ]]);
  for (const [name, chunk] of chunks) {
    if (!values.has(name)) result.set(name, asFile(chunk, values));
    else refuseOddities(name, chunk.body);
  }
  refuseRemains(result, inside);
  return result;
}

function parsed(name: string, text: string): Chunk {
  if (!name.endsWith(".js")) return { imports: [], body: text, exports: [] };
  const imports = [];
  let at = 0;
  for (;;) {
    oneImport.lastIndex = at;
    const [whole, names, from = ""] = oneImport.exec(text) ?? [];
    if (whole === undefined) break;
    imports.push({ from, names: pairs(names) });
    at += whole.length;
  }
  const end = allExports.exec(text);
  return { imports, body: text.slice(at, end?.index) + (end?.[2] ?? ""), exports: pairs(end?.[1]) };
}

/** `a as b,c`. */
function pairs(list = ""): Pair[] {
  return list.split(",").filter(Boolean).map((one) => {
    const [first = "", second = first] = one.split(" as ");
    return [first, second];
  });
}

/** A function scope can contain neither imports nor exports. */
function refuseOddities(name: string, body: string): void {
  if (!/^import\b(?![.(])|(?:^|[;}])export[{ *]|(?:^|;)import[{*"]/.test(body)) return;
  throw new Error(`${name} has an unsupported import or export`);
}

/** No file may import a chunk that was merged. */
function refuseRemains(files: ReadonlyMap<string, string>, gone: readonly string[]): void {
  for (const [name, text] of files) {
    const one = gone.find((each) => text.includes(`"./${each}"`));
    if (one) throw new Error(`${name} imports ${one} in an unsupported way`);
  }
}

/** Everything that `entry` imports statically, each after its own imports, in load order. */
function closure(chunks: ReadonlyMap<string, Chunk>, entry: string): string[] {
  const done: string[] = [];
  const visit = (name: string, above: readonly string[]) => {
    if (above.includes(name)) throw new Error(`chunks import each other: ${name}`);
    if (done.includes(name)) return;
    const chunk = chunks.get(name);
    if (!chunk) throw new Error(`there is no chunk ${name}`);
    for (const { from } of chunk.imports) visit(from, [...above, name]);
    done.push(name);
  };
  visit(entry, []);
  return done;
}

const object = (names: readonly Pair[]) => `{${names.map(([key, value]) => `${key}:${value}`)}}`;

/** Each chunk has its own scope: minified names are the same everywhere. */
function asValue(
  name: string,
  chunks: ReadonlyMap<string, Chunk>,
  values: ReadonlyMap<string, string>,
): string {
  const { imports = [], body = "", exports = [] } = chunks.get(name) ?? {};
  const taken = imports.filter(({ names }) => names.length)
    .map(({ from, names }) => `const${object(names)}=${values.get(from)};`);
  const given = object(exports.map(([own, other]) => [other, own] as const));
  return `export const ${values.get(name)}=(()=>{${taken.join("")}${body};return${given}})();`;
}

/** A file that stays, with its imports of merged chunks redirected to the merged file. */
function asFile({ imports, body, exports }: Chunk, values: ReadonlyMap<string, string>): string {
  const [moved, stay] = [
    imports.filter(({ from }) => values.has(from)),
    imports.filter(({ from }) => !values.has(from)),
  ];
  const list = (names: readonly Pair[]) =>
    names.map(([first, second]) => first === second ? first : `${first} as ${second}`).join();
  const lines = stay.map(({ from, names }) =>
    `import${names.length ? `{${list(names)}}from` : ""}"./${from}";`
  );
  const wanted = moved.filter(({ names }) => names.length);
  if (moved.length) {
    const objects = wanted.map(({ from }) => values.get(from));
    lines.push(`import{${objects.join()}}from"./${merged}";`);
  }
  const taken = wanted.map(({ from, names }) => `const${object(names)}=${values.get(from)};`);
  const given = exports.length ? `export{${list(exports)}};` : "";
  return [...lines, ...taken, body, given].join("");
}
