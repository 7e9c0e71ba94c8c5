import { Failure } from "../../model/failure.ts";
import type { HeldLock, Move } from "../../system/files.ts";
import type { System } from "../../system/system.ts";

/** Changes the store's files. Exists only while the write lock is held. */
export interface Writer {
  /**
   * Writes a file atomically, creating its folder. If it throws, the old file is unchanged, unless
   * the system failed after the final rename.
   */
  replace(folder: string, path: string, bytes: Uint8Array): void;
  /** Replaces many files of one folder by others, in order. If it throws, the first ones are new. */
  place(moves: readonly Move[]): void;
  remove(path: string): boolean;
}

/**
 * Does `work` under the store's write lock. The lock is held for milliseconds (`work` cannot await)
 * and is always the last one taken. Since every writer holds it, any temporary file found now is
 * abandoned, and is removed.
 */
export async function write<T>(
  system: System,
  home: string,
  work: (writer: Writer) => T,
): Promise<T> {
  return locked(system, home, await system.files.lock(lockIn(system, home)), work);
}

/** The same without waiting: nothing if another process is writing. */
export function tryWrite<T>(
  system: System,
  home: string,
  work: (writer: Writer) => T,
): T | undefined {
  const lock = system.files.tryLock(lockIn(system, home));
  return lock && locked(system, home, lock, work);
}

function lockIn({ files }: System, home: string): string {
  return files.join(home, "write.lock");
}

function locked<T>(system: System, home: string, lock: HeldLock, work: (writer: Writer) => T): T {
  const { files } = system;
  try {
    for (const name of files.list(home)) {
      if (name.startsWith(temporary)) files.remove(files.join(home, name));
    }
    return work({
      replace: (folder, path, bytes) => replace(system, home, folder, path, bytes),
      place: (moves) => files.renameAll(moves),
      remove: (path) => files.remove(path),
    });
  } finally {
    lock.release();
  }
}

const temporary = ".tmp-";

/** Temporary files are in the store's folder, so that cleaning up lists few names. */
function replace(
  system: System,
  home: string,
  folder: string,
  path: string,
  bytes: Uint8Array,
): void {
  const { files } = system;
  files.makeFolder(folder, 0o700);
  const fresh = files.join(home, temporary + system.random(12).toHex());
  try {
    files.create(fresh, bytes, 0o600);
    files.rename(fresh, path);
  } catch (error) {
    try {
      files.remove(fresh);
    } catch {
      // Keep the first error; the next write cleans up.
    }
    throw error;
  }
}

/**
 * Does optional work, such as saving a session that the command returns anyway. If the disk fails,
 * prints a warning and returns nothing.
 *
 * @param lost the consequence: a sentence without its period
 */
export async function asCourtesy<T>(
  { say }: Pick<System, "say">,
  lost: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure && error.code === "files")) throw error;
    say(`athm: warning: ${lost}: ${error.message}`);
    return undefined;
  }
}
