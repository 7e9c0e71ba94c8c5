import type { System } from "../../system/system.ts";

/** The steps by which the store's files change. They exist only while the write lock is held. */
export interface Writer {
  /**
   * Puts `bytes` in the place of a file, made with its folder where missing. When it throws, the old
   * file is unchanged, unless the system failed in the very last step, after it had put the new one
   * there whole.
   */
  replace(folder: string, path: string, bytes: Uint8Array): void;
  /** Removes a file; false when there was none. */
  remove(path: string): boolean;
}

/**
 * Does `work` under the store's write lock. The lock is held for a few milliseconds, never while
 * something is waited for (`work` cannot await), and it is the last lock anybody takes. Since every
 * writer holds it, a temporary file that is seen here belongs to nobody alive, and goes.
 */
export async function write<T>(
  system: System,
  home: string,
  work: (writer: Writer) => T,
): Promise<T> {
  const { files } = system;
  const lock = await files.lock(files.join(home, "write.lock"));
  try {
    for (const name of files.list(home)) {
      if (name.startsWith(temporary)) files.remove(files.join(home, name));
    }
    return work({
      replace: (folder, path, bytes) => replace(system, home, folder, path, bytes),
      remove: (path) => files.remove(path),
    });
  } finally {
    lock.release();
  }
}

const temporary = ".tmp-";

/** Temporary files stand in the store's folder, so that clearing up lists a handful of names. */
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
      // The first error is the one to tell; the next write clears up.
    }
    throw error;
  }
}
