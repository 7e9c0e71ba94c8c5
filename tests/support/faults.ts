import { Failure } from "../../src/model/failure.ts";
import type { Files } from "../../src/system/files.ts";

/**
 * How the n-th operation fails.
 * - `refused`: it does nothing and throws; later ones work.
 * - `late`: it is done and throws all the same (the disk said so after it had happened).
 * - `killed`: a file in the making is left half written, and nothing works from then on, as for a
 *   process that was killed. What holds locks lets go, as the kernel sees to.
 */
export type Fault = "refused" | "late" | "killed";

export const faults: readonly Fault[] = ["refused", "late", "killed"];

/** Files of which the n-th operation (from 1) fails, with the count of those that were tried. */
export interface FailingFiles extends Files {
  readonly count: number;
}

export function failingFiles(files: Files, n: number, fault: Fault): FailingFiles {
  let count = 0;

  function step<T>(work: () => T, half?: () => void): T {
    count++;
    if (count < n || (count > n && fault !== "killed")) return work();
    if (count === n && fault === "late") work();
    if (count === n && fault === "killed") half?.();
    throw new Failure("files", `operation ${count} was made to fail`);
  }

  return {
    get count() {
      return count;
    },
    read: (path) => step(() => files.read(path)),
    readEnd: (path, length) => step(() => files.readEnd(path, length)),
    facts: (path) => step(() => files.facts(path)),
    list: (path) => step(() => files.list(path)),
    create: (path, bytes, mode) =>
      step(
        () => files.create(path, bytes, mode),
        () => files.create(path, bytes.slice(0, bytes.length / 2), mode),
      ),
    append: (path, bytes) =>
      step(
        () => files.append(path, bytes),
        () => files.append(path, bytes.slice(0, bytes.length / 2)),
      ),
    rename: (from, to) => step(() => files.rename(from, to)),
    remove: (path) => step(() => files.remove(path)),
    makeFolder: (path, mode) => step(() => files.makeFolder(path, mode)),
    tryLock: (path) => {
      count++;
      if (count === n || (count > n && fault === "killed")) throw lockRefused(count);
      return files.tryLock(path);
    },
    lock: (path) => {
      count++;
      if (count === n || (count > n && fault === "killed")) {
        return Promise.reject(lockRefused(count));
      }
      return files.lock(path);
    },
    join: (...parts) => files.join(...parts),
    makeTemporaryFolder: () => files.makeTemporaryFolder(),
    absolute: (path) => files.absolute(path),
    real: (path) => step(() => files.real(path)),
  };
}

/** A lock that was taken and reported as refused would stay for ever, which no kernel does. */
function lockRefused(count: number): Failure {
  return new Failure("files", `operation ${count} was made to fail`);
}
