/**
 * The program itself on a slow disk: each operation takes a while, before and after it is done. What is
 * done stays real, and so do its locks.
 *
 * @module
 */
import { run } from "../../src/program.ts";
import { denoSystem, endWith, processArguments } from "../../src/system/deno/system.ts";
import type { Files } from "../../src/system/files.ts";

/** Milliseconds that an operation takes at the least, and more than that at the most. */
const slowness = { least: 20, more: 40 };

function pause(): void {
  const milliseconds = (slowness.least + slowness.more * Math.random()) / 2;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The same files, slowly. What touches no disk is as fast as ever. */
export function slowFiles(files: Files): Files {
  const swift: readonly string[] = ["join", "absolute"] satisfies readonly (keyof Files)[];
  const slow = Object.entries(files).map(([name, work]) => {
    const operation = (...given: unknown[]) => {
      pause();
      try {
        return work.apply(files, given);
      } finally {
        pause();
      }
    };
    return [name, swift.includes(name) ? work : operation];
  });
  return Object.fromEntries(slow);
}

if (import.meta.main) {
  const system = denoSystem();
  endWith(await run(processArguments(), { ...system, files: slowFiles(system.files) }));
}
