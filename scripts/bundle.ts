/**
 * Bundles athm for the binary, with the same bytes whatever the checkout's path.
 *
 * The bundle is split at dynamic imports, so that a start loads only what it needs; what every start
 * needs is in one file.
 *
 * @module
 */
import { deno } from "./deno.ts";
import { mergeChunks } from "./merge_chunks.ts";

/** The text in `src/system/version.ts` when run from source. */
const fromSource = "run from source";

/** Bundles the checkout `tree` into the empty or missing folder `build`, as made from `origin`. */
export async function bundle(tree: string, build: string, origin: string): Promise<void> {
  await runBundler(tree, build);
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(build)) {
    files.set(name, await Deno.readTextFile(`${build}/${name}`));
    await Deno.remove(`${build}/${name}`);
  }
  const named = await settleNames(sayOrigin(dropIdleImports(files), origin));
  const settled = mergeChunks(named, "main.js");
  settled.set("deno.json", await compileSettings(tree));
  for (const [name, text] of settled) await Deno.writeTextFile(`${build}/${name}`, text);
  // deno compile records the modification time of each file.
  const fixed = new Date(0);
  for (const name of settled.keys()) await Deno.utime(`${build}/${name}`, fixed, fixed);
  await Deno.utime(build, fixed, fixed);
}

/** The bundler's own output; with `maps`, next to source maps that attribute each byte to a module. */
export async function runBundler(tree: string, build: string, maps = false): Promise<void> {
  await Deno.remove(build, { recursive: true }).catch(ignoreMissing);
  await deno(Deno.execPath(), [
    ...["bundle", "--quiet", "--frozen", "--platform", "deno", "--code-splitting", "--minify"],
    ...(maps ? ["--sourcemap", "external"] : []),
    ...["--outdir", build, `${tree}/main.ts`],
  ], tree);
}

/** The binary's permissions and version, without the imports, which the bundle contains. */
async function compileSettings(tree: string): Promise<string> {
  const { version, permissions } = JSON.parse(await Deno.readTextFile(`${tree}/deno.json`));
  return JSON.stringify({ version, permissions });
}

/**
 * The bundler makes every chunk import its helpers, used or not, and these import `node:module`: Deno's
 * Node layer, which costs as much as the rest of a start. Removes imports that are not used.
 */
function dropIdleImports(files: ReadonlyMap<string, string>): Map<string, string> {
  const helpers = [...files].filter(([, text]) => /__deno_internal_createRequire\(/.test(text));
  return mapped(
    files,
    (text) => helpers.reduce((code, [helper]) => code.replace(`import"./${helper}";`, ""), text),
  );
}

/** Makes `--version` show what the binary was built from. */
function sayOrigin(files: ReadonlyMap<string, string>, origin: string): Map<string, string> {
  const places = [...files.values()].reduce((sum, text) => sum + text.split(fromSource).length, 0);
  if (places !== files.size + 1) {
    throw new Error(`the bundle does not contain ${fromSource} exactly once`);
  }
  return mapped(files, (text) => text.replace(fromSource, () => origin));
}

/**
 * The bundler names chunks by a hash of their sources' paths. Renames them by a hash of their content:
 * first without the names of other chunks, then with their hashes, repeatedly until every difference
 * between two chunks has reached all chunks that import them.
 */
export async function settleNames(
  files: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const hashed = /-[0-9A-Z]{8}\.js$/;
  const names = [...files.keys()].filter((name) => hashed.test(name));
  const anyName = new RegExp(names.map((name) => name.replaceAll(".", "\\.")).join("|"), "g");
  const naming = (text: string, by: ReadonlyMap<string, string>) =>
    names.length === 0 ? text : text.replaceAll(anyName, (name) => by.get(name) ?? "");
  let hashes = new Map<string, string>();
  for (let told = 0, last = -1; told > last;) {
    const next = new Map<string, string>();
    for (const name of names) next.set(name, await hash(naming(files.get(name) ?? "", hashes)));
    hashes = next;
    last = told;
    told = new Set(hashes.values()).size;
  }
  const settled = new Map(
    names.map((name) => [name, name.replace(hashed, `-${hashes.get(name)?.slice(0, 8)}.js`)]),
  );
  if (new Set(settled.values()).size < names.length) throw new Error("two chunks are the same");
  return new Map(
    [...files].map(([name, text]) => [settled.get(name) ?? name, naming(text, settled)]),
  );
}

async function hash(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex().toUpperCase();
}

function mapped(
  files: ReadonlyMap<string, string>,
  change: (text: string) => string,
): Map<string, string> {
  return new Map([...files].map(([name, text]) => [name, change(text)]));
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
