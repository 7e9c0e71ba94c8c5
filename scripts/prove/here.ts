import { run } from "./command.ts";
import type { Folder, Ground, RunOptions } from "./ground.ts";

const systems: Partial<Record<typeof Deno.build.os, Ground["system"]>> = {
  linux: "linux",
  darwin: "macos",
  windows: "windows",
};

/** The target that this machine runs natively, as in archive names. */
export function ownTarget(): string | undefined {
  const system = systems[Deno.build.os];
  if (system === undefined) return undefined;
  return `${system}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
}

/** What every program needs here to start. */
export function ownVariables(): Record<string, string> {
  const names = Deno.build.os === "windows"
    ? ["PATH", "PATHEXT", "SYSTEMROOT", "COMSPEC", "TEMP", "TMP"]
    : ["PATH"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** This machine itself. */
export function here(target: string, athm: string, work: string): Ground {
  return {
    target,
    system: systems[Deno.build.os] ?? "linux",
    athm,
    run: (program: string, args: readonly string[], options: RunOptions = {}) =>
      run(program, args, { ...options, env: { ...ownVariables(), ...options.env } }),
    folder: async (name = "folder") => {
      const parent = await Deno.makeTempDir({ dir: work });
      const path = Deno.build.os === "windows" ? `${parent}\\${name}` : `${parent}/${name}`;
      await Deno.mkdir(path, { mode: 0o700 });
      return { here: path, there: path };
    },
    ...Deno.build.os === "windows" ? { drive: substituted } : {},
  };
}

async function substituted({ there }: Folder) {
  const subst = async (...args: readonly string[]) => {
    const { code, stdout } = await run("subst.exe", args, { env: ownVariables() });
    if (code !== 0) throw new Error(`subst ${args.join(" ")} failed: ${stdout}`);
  };
  await subst("X:", there);
  return { name: "X:", [Symbol.asyncDispose]: () => subst("X:", "/d") };
}
