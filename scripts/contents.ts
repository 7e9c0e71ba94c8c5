/**
 * What the binary embeds: how many bytes of the bundle come from which module, as the bundler's source
 * maps tell (ECMA-426).
 *
 * @module
 */
import { runBundler } from "./bundle.ts";

/** A module of the bundle. */
export interface Module {
  /** Its file. */
  readonly path: string;
  /** What is left of it after minifying. */
  readonly bytes: number;
  /** Its npm package; none: athm's own, or the bundler's. */
  readonly package?: Package;
}

/** An npm package, where Deno keeps it. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** The folder with its package.json. */
  readonly folder: string;
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** Bundles the checkout `tree` into the folder `build` and tells what the bundle holds, by path. */
export async function contents(tree: string, build: string): Promise<readonly Module[]> {
  await runBundler(tree, build, true);
  const bytes = new Map<string, number>();
  for await (const { name } of Deno.readDir(build)) {
    if (!name.endsWith(".js")) continue;
    const map: SourceMap = JSON.parse(await Deno.readTextFile(`${build}/${name}.map`));
    const paths = map.sources.map((source) => {
      return decodeURIComponent(new URL(source, `file://${build}/`).pathname);
    });
    for (const [source, count] of shares(await Deno.readTextFile(`${build}/${name}`), map)) {
      const path = source === undefined ? bundler : paths[source] ?? bundler;
      bytes.set(path, (bytes.get(path) ?? 0) + count);
    }
  }
  const modules: Module[] = [];
  for (const [path, count] of [...bytes].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    const of = packageOf(path);
    modules.push({ path, bytes: count, ...of && { package: of } });
  }
  return modules;
}

/** Stands for what is nobody's: imports between chunks and the bundler's own helpers. */
export const bundler = "(between the modules)";

/** Deno keeps packages as `npm/REGISTRY/NAME/VERSION/`, a name having a slash where it has a scope. */
const kept = /^.*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/]*)(?=\/)/;

function packageOf(path: string): Package | undefined {
  const [folder, name, version] = kept.exec(path) ?? [];
  return folder && name && version ? { folder, name, version } : undefined;
}

/** Bytes of a bundled file by the source that they come from. */
function shares(code: string, { mappings }: SourceMap): Map<number | undefined, number> {
  const shares = new Map<number | undefined, number>();
  const encoder = new TextEncoder();
  const add = (source: number | undefined, text: string) =>
    shares.set(source, (shares.get(source) ?? 0) + encoder.encode(text).length);
  const mapped = mappings.split(";");
  let source = 0;
  for (const [row, line] of code.split(/(?<=\n)/).entries()) {
    let start = 0;
    let owner: number | undefined;
    let column = 0;
    for (const segment of (mapped[row] ?? "").split(",").filter((each) => each !== "")) {
      const [columns = 0, sources] = numbers(segment);
      column += columns;
      add(owner, line.slice(start, column));
      start = column;
      source += sources ?? 0;
      owner = sources === undefined ? undefined : source;
    }
    add(owner, line.slice(start));
  }
  return shares;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment, as base64 VLQ: five bits a digit, lowest first, the sign lowest of all. */
function numbers(segment: string): number[] {
  const found: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = digits.indexOf(digit);
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits & 32) continue;
    found.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2);
    value = shift = 0;
  }
  return found;
}
