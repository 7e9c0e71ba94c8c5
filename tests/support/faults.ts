import { Failure } from "../../src/model/failure.ts";
import type { Files, HeldLock } from "../../src/system/files.ts";

/**
 * How the n-th operation fails.
 * - `refused`: it does nothing and throws; later ones work.
 * - `late`: it is completed but throws (the disk reported a failure afterward).
 * - `killed`: a file being written is left half written, and everything fails from then on, as for a
 *   killed process. Its locks are released, as by the kernel.
 * - `full`: the disk is full from the n-th operation that needs space: its file is left
 *   half written, and everything else works. Only such operations count.
 */
export type Fault = "refused" | "late" | "killed" | "full";

export const faults: readonly Fault[] = ["refused", "late", "killed", "full"];

/** A file system whose n-th operation (from 1) fails, with the number of attempted operations. */
export interface FailingFiles extends Files {
  readonly count: number;
}

interface Step {
  /** What a killed process or a full disk leaves of it. */
  readonly half?: () => void;
  /** Whether it needs disk space. */
  readonly grows?: boolean;
  /** Whether it cannot both succeed and report failure: a kernel that refuses a lock keeps none. */
  readonly whole?: boolean;
}

export function failingFiles(files: Files, n: number, fault: Fault): FailingFiles {
  let count = 0;

  function step<T>(work: () => T, { half, grows = false, whole = false }: Step = {}): T {
    if (fault === "full" && !grows) return work();
    count++;
    const lasts = fault === "killed" || fault === "full";
    if (count < n || (count > n && !lasts)) return work();
    if (fault === "late" && !whole) work();
    if (fault === "full" || (fault === "killed" && count === n)) half?.();
    throw new Failure("files", `operation ${count} was made to fail`);
  }

  function held(lock: HeldLock): HeldLock {
    return { note: (text) => step(() => lock.note(text), { grows: true }), release: lock.release };
  }

  const takes = (path: string) => ({ grows: files.facts(path) === undefined, whole: true });
  const failing: FailingFiles = {
    get count() {
      return count;
    },
    read: (path) => step(() => files.read(path)),
    readEnd: (path, length) => step(() => files.readEnd(path, length)),
    facts: (path) => step(() => files.facts(path)),
    list: (path) => step(() => files.list(path)),
    create: (path, bytes, mode) =>
      step(() => files.create(path, bytes, mode), {
        half: () => files.create(path, bytes.slice(0, bytes.length / 2), mode),
        grows: true,
      }),
    async createAll(made, mode) {
      for (const { path, bytes } of made) this.create(path, bytes, mode);
      await Promise.resolve();
    },
    append: (path, bytes) =>
      step(() => files.append(path, bytes), {
        half: () => files.append(path, bytes.slice(0, bytes.length / 2)),
        grows: true,
      }),
    rename: (from, to) => step(() => files.rename(from, to)),
    renameAll(moves) {
      for (const { from, to } of moves) this.rename(from, to);
    },
    remove: (path) => step(() => files.remove(path)),
    async removeAll(paths) {
      for (const path of paths) this.remove(path);
      await Promise.resolve();
    },
    makeFolder: (path, mode) =>
      step(() => files.makeFolder(path, mode), { grows: files.facts(path) === undefined }),
    tryLock: (path) => {
      const lock = step(() => files.tryLock(path), takes(path));
      return lock && held(lock);
    },
    lock: async (path) => held(await step(() => files.lock(path), takes(path))),
    join: (...parts) => files.join(...parts),
    makeTemporaryFolder: () => step(() => files.makeTemporaryFolder(), { grows: true }),
    absolute: (path) => files.absolute(path),
    real: (path) => step(() => files.real(path)),
  };
  return failing;
}
