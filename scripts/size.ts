/**
 * Lists what the binary embeds: `deno task size [--modules]`, bytes by package or by module.
 *
 * @module
 */
import { contents, type Module } from "./contents.ts";
import { root, say, script, ScriptFailure } from "./deno.ts";

/** Sums bytes by the `name` of each module, largest first. */
export function sums(
  modules: readonly Module[],
  name: (module: Module) => string,
): [string, number][] {
  const found = new Map<string, number>();
  for (const module of modules) {
    found.set(name(module), (found.get(name(module)) ?? 0) + module.bytes);
  }
  return [...found].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** `@scope/name 1.2.3`, or `athm` for its own modules and the bundler's code. */
export function owner({ package: from }: Module): string {
  return from ? `${from.name} ${from.version}` : "athm";
}

if (import.meta.main) {
  await script(async () => {
    const [option] = Deno.args;
    if (option !== undefined && option !== "--modules") {
      throw new ScriptFailure(`unknown option ${option}`, "usage: deno task size [--modules]");
    }
    const build = await Deno.makeTempDir({ prefix: "athm-size-" });
    try {
      const modules = await contents(root, build);
      const short = ({ path }: Module) =>
        path.replace(/^.*\/npm\/[^/]+\//, "").replace(`${root}/`, "");
      const rows = sums(modules, option === undefined ? owner : short);
      for (const [name, bytes] of [...rows, ["total", modules.reduce((n, m) => n + m.bytes, 0)]]) {
        say(`${String(bytes).padStart(9)}  ${name}`);
      }
    } finally {
      await Deno.remove(build, { recursive: true });
    }
  });
}
