import { Failure } from "../model/failure.ts";
import { tidied } from "../system/folder.ts";
import type { System } from "../system/system.ts";

export interface PrivateFolder extends Disposable {
  readonly path: string;
}

/** The only files that athm writes into such a folder. */
const names = ["config", "lock"];

/** Milliseconds after which an unlocked folder is abandoned. */
const youth = 60_000;

/**
 * A temporary folder that is locked while this process runs. Removes those of killed processes: the
 * kernel releases their locks.
 */
export function privateFolder(system: System): PrivateFolder {
  const { files } = system;
  const path = files.makeTemporaryFolder();
  const own = files.join(path, "lock");
  const lock = files.tryLock(own);
  // Without working locks, a folder in use would look abandoned.
  const isExclusive = lock !== undefined && files.tryLock(own) === undefined;
  if (isExclusive) tidied(system, () => removeAbandoned(system, path));
  return {
    path,
    [Symbol.dispose]: () => {
      // Windows removes no locked file.
      lock?.release();
      for (const name of names) files.remove(files.join(path, name));
      files.remove(path);
    },
  };
}

function removeAbandoned(system: System, own: string): void {
  const { files } = system;
  const end = Math.max(own.lastIndexOf("/"), own.lastIndexOf(files.join("", "")));
  const parent = own.slice(0, end);
  for (const name of files.list(parent)) {
    const path = files.join(parent, name);
    if (!name.startsWith("athm-") || path === own) continue;
    try {
      if (isAbandoned(system, path)) removeOne(system, path);
    } catch (error) {
      // It may be another user's, or be removed by another athm right now.
      if (!(error instanceof Failure)) throw error;
      system.trace("not cleaned up", { code: error.code, why: error.message });
    }
  }
}

/** The temporary folder is shared: only match exactly what athm creates. */
function isAbandoned({ files, now, userId }: System, path: string): boolean {
  const facts = files.facts(path);
  const isOwn = facts?.kind === "folder" && facts.owner === userId() &&
    ((facts.mode ?? 0) & 0o077) === 0;
  if (!isOwn || facts.modified > now() - youth) return false;
  const inside = files.list(path);
  // An older athm, which may still run, had no lock.
  return inside.includes("lock") && inside.every((name) => names.includes(name)) &&
    inside.every((name) => files.facts(files.join(path, name))?.kind === "file");
}

function removeOne({ files }: System, path: string): void {
  const lock = files.tryLock(files.join(path, "lock"));
  if (!lock) return;
  lock.release();
  for (const name of names) files.remove(files.join(path, name));
  files.remove(path);
}
