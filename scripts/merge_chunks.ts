/**
 * Puts the chunks that every start loads into one file: the bundler cuts where any two commands share
 * something, and each file costs a start 0.2 ms of CPU.
 *
 * It understands what the bundler writes, minified, and no more: static imports at the head of a file,
 * one list of exports at its end. Whatever else it meets is an error. One thing it cannot see: others get
 * an exported variable with the value that it has when its file is loaded, and never a later one; so
 * nothing in src/ exports a variable that is assigned again (tests/layers_test.ts).
 *
 * @module
 */

/** The file with all of them. */
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
const allExports = /export\{([\w$, ]*)\};?\s*$/;

/** The same bundle, in which all that `entry` imports statically is one file beside it. */
export function mergeChunks(
  files: ReadonlyMap<string, string>,
  entry: string,
): Map<string, string> {
  const chunks = new Map([...files].map(([name, text]) => [name, parsed(name, text)]));
  const inside = closure(chunks, entry).filter((name) => name !== entry);
  if (inside.length === 0) return new Map(files);
  // What each of them gives is an object of the merged file.
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
  return { imports, body: text.slice(at, end?.index), exports: pairs(end?.[1]) };
}

/** `a as b,c`. */
function pairs(list = ""): Pair[] {
  return list.split(",").filter(Boolean).map((one) => {
    const [first = "", second = first] = one.split(" as ");
    return [first, second];
  });
}

/** Within a scope of its own there is neither an import nor an export. */
function refuseOddities(name: string, body: string): void {
  if (!/^import\b(?![.(])|(?:^|[;}])export[{ *]|(?:^|;)import[{*"]/.test(body)) return;
  throw new Error(`${name} imports or exports in a way that is not known here`);
}

/** Nobody may look for a chunk where it is no more. */
function refuseRemains(files: ReadonlyMap<string, string>, gone: readonly string[]): void {
  for (const [name, text] of files) {
    const one = gone.find((each) => text.includes(`"./${each}"`));
    if (one) throw new Error(`${name} imports ${one} in a way that is not known here`);
  }
}

/** All that `entry` imports statically, each after what it imports itself, as a start loads them. */
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

/** A file that stays, with its imports of merged chunks led there. */
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
