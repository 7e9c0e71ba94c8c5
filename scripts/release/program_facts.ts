/**
 * Facts read from a compiled program.
 *
 * @module
 */
import { ScriptFailure } from "../deno.ts";
import { BadMachO, readMachO } from "./macho.ts";
import type { Target } from "./targets.ts";

/**
 * The version of Deno in a compiled program: its user agent is a constant there.
 *
 * @throws {ScriptFailure} if it has none, or several
 */
export function runtimeOf(program: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(program);
  const found = new Set(Array.from(text.matchAll(/Deno\/(\d+\.\d+\.\d+)/g), ([, found]) => found));
  const [version, ...more] = found;
  if (version !== undefined && more.length === 0) return version;
  throw new ScriptFailure(
    `the program contains ${found.size} versions of Deno, not one`,
    "set DENORT_BIN to a runtime of Deno; nothing was written",
  );
}

/** The glibc that docs/platforms.md and `install.sh` require. */
export const leastGlibc = "2.27";

/** The newest glibc version of which a Linux program uses a symbol, such as `2.27`. */
export function neededGlibc(program: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(program);
  const found = Array.from(text.matchAll(/GLIBC_2\.(\d+)/g), ([, minor]) => Number(minor));
  return `2.${Math.max(0, ...found)}`;
}

/**
 * Checks that the program matches the release's manifests and the docs.
 *
 * @param runtime the version of Deno in the bill of materials
 * @throws {ScriptFailure}
 */
export async function checkProgram(
  target: Target,
  program: Uint8Array<ArrayBuffer>,
  runtime: string,
): Promise<void> {
  const contained = runtimeOf(program);
  if (contained !== runtime) {
    throw new ScriptFailure(
      `the program for ${target.name} contains Deno ${contained}, not ${runtime}`,
      "set DENORT_BIN and ATHM_COMPILE_DENO to the same version; nothing was written",
    );
  }
  const needed = target.name.startsWith("linux-") ? neededGlibc(program) : leastGlibc;
  if (needed !== leastGlibc) {
    throw new ScriptFailure(
      `the program for ${target.name} requires glibc ${needed}, not ${leastGlibc}`,
      "change it here, in docs/platforms.md, install.sh and the Debian package",
    );
  }
  if (target.macos) await checkMacos(target, program);
}

/**
 * Compares a macOS program with docs/platforms.md: the processor, the minimum macOS, and the
 * signature, whose page hashes must match. macOS on Apple silicon runs no program without a signature.
 *
 * @throws {ScriptFailure}
 */
export async function checkMacos(
  { name, macos }: Target,
  program: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const found = await readMachO(program).catch((error) => {
    if (!(error instanceof BadMachO)) throw error;
    throw new ScriptFailure(`the program for ${name} would not start: ${error.message}`);
  });
  for (const [fact, expected] of Object.entries(macos ?? {})) {
    const is = found[fact as keyof typeof found];
    if (is === expected) continue;
    throw new ScriptFailure(
      `the program for ${name} has ${fact} ${is}, not ${expected}`,
      "change scripts/release/targets.ts and docs/platforms.md if that is intended",
    );
  }
}
