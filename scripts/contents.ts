/**
 * What the binary embeds: the bytes of the bundle per module, according to the bundler's source maps
 * (ECMA-426).
 *
 * @module
 */
import { runBundler } from "./bundle.ts";

/** A module of the bundle. */
export interface Module {
  /** The module's file. */
  readonly path: string;
  /** Size in the minified bundle. */
  readonly bytes: number;
  /** The npm package; absent for athm's own modules and the bundler's code. */
  readonly package?: Package;
}

/** An npm package in Deno's cache. */
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

/** Bundles the checkout `tree` into the folder `build` and lists the modules of the bundle by path. */
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

/** The path of code without a module: imports between chunks and the bundler's helpers. */
export const bundler = "(between the modules)";

/** Deno caches packages in `npm/REGISTRY/NAME/VERSION/`; a scoped NAME contains a slash. */
const kept = /^.*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/]*)(?=\/)/;

function packageOf(path: string): Package | undefined {
  const [folder, name, version] = kept.exec(path) ?? [];
  return folder && name && version ? { folder, name, version } : undefined;
}

/** Bytes of a bundled file by source index. */
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

/** Decodes base64 VLQ: five bits per digit, least significant first; the lowest bit is the sign. */
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
