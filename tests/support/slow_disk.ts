/**
 * The program on a slow disk: each operation takes a while, before and after it is done. Operations
 * and locks are real.
 *
 * @module
 */
import { run } from "../../src/program.ts";
import { denoSystem, endWith, processArguments } from "../../src/system/deno/system.ts";
import type { Files } from "../../src/system/files.ts";

/** Minimum milliseconds per operation, and the maximum in addition. */
const slowness = { least: 20, more: 40 };

function pause(): void {
  const milliseconds = (slowness.least + slowness.more * Math.random()) / 2;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The same files, slowly. Operations without disk access stay fast. */
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
