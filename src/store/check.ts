import { Failure, onFailure, quote, valueOr } from "../model/failure.ts";
import type { FileFacts, HeldLock } from "../system/files.ts";
import type { System } from "../system/system.ts";
import type { Sources } from "./sealing/records.ts";
import { type Shelf, shelves } from "./files/shelf.ts";
import { fetchKeys, readStoreFile, rootOf, type StoreFile } from "./store_file.ts";
import { unborn } from "./succession.ts";

export interface Checked {
  readonly profiles: number;
  readonly sessions: number;
  readonly problems: readonly string[];
}

/**
 * Opens every file of the store in `home` and checks every mode.
 *
 * @param waits whether to wait for a change in progress, which otherwise is not a problem
 * @throws {Failure} if the key is unavailable; anything wrong with the store itself is a problem in
 * the result.
 */
export async function checkStore(
  system: System,
  home: string,
  sources: Sources,
  { waits }: { readonly waits: boolean },
): Promise<Checked> {
  const lock = waits ? await changeLock(system, home) : undefined;
  try {
    return await checkNow(system, home, sources, !waits && isChanging(system, home));
  } finally {
    lock?.release();
  }
}

async function changeLock(system: System, home: string): Promise<HeldLock | undefined> {
  const { files } = system;
  const path = files.join(home, "change.lock");
  // Without the lock file nothing was changed yet; on a read-only file system nothing can be.
  if (!files.facts(path)) return undefined;
  return await files.lock(path).catch(onFailure(undefined));
}

function isChanging({ files }: System, home: string): boolean {
  const path = files.join(home, "change.lock");
  return valueOr(() => {
    if (!files.facts(path)) return false;
    const lock = files.tryLock(path);
    lock?.release();
    return !lock;
  }, false);
}

async function checkNow(
  system: System,
  home: string,
  sources: Sources,
  isChanging: boolean,
): Promise<Checked> {
  const problems: string[] = [];
  const refused = new Set<string>();
  look(system, home, problems, refused);
  const parts = isChanging ? [] : partsIn(system, home);
  let file: StoreFile | undefined;
  try {
    file = readStoreFile(system, home);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code !== "store-open") problems.push(error.message);
  }
  if (!file) return { profiles: 0, sessions: 0, problems };
  if (!isChanging && (file.before || unborn(system, file).length)) {
    problems.push(
      `${home}: a change of the whole store was interrupted; run athm store rekey to finish it`,
    );
  }
  const keys = await fetchKeys(system, file);
  const root = rootOf(system, home, file.folder);
  const { profiles, sessions, ...others } = shelves(system, home, root, keys, sources);
  for (const other of Object.values(others)) await open(other as Shelf<unknown>);
  const counts = {
    profiles: await open(profiles, async (id, { name }) => await profiles.idOf(name) === id),
    sessions: await open(sessions),
  };
  // A write in progress is not a problem.
  const left = new Set(partsIn(system, home));
  for (const part of parts) {
    if (!left.has(part)) continue;
    problems.push(
      `${part} is left over from an interrupted write; the next change of the store removes it`,
    );
  }
  return { ...counts, problems };

  /** The mode check already reports an inaccessible folder. */
  function idsOf(shelf: Pick<Shelf<unknown>, "ids" | "folder">): readonly string[] {
    try {
      return shelf.ids();
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "store-open") throw error;
      if (!refused.has(shelf.folder)) problems.push(error.message);
      return [];
    }
  }

  async function open<T>(
    shelf: Shelf<T>,
    fits: (id: string, record: T) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<number> {
    let count = 0;
    for (const id of idsOf(shelf)) {
      if (refused.has(shelf.pathOf(id))) continue;
      try {
        const record = await shelf.open(id);
        if (record && await fits(id, record)) count++;
        else if (record) {
          problems.push(
            `${shelf.pathOf(id)} contains a different profile than its file name indicates`,
          );
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        problems.push(error.message);
      }
    }
    return count;
  }
}

/** Wrong file kinds and modes in `home`, one line each; needs no key. */
export function modeProblems(system: System, home: string): readonly string[] {
  const problems: string[] = [];
  look(system, home, problems, new Set());
  return problems;
}

function look(system: System, path: string, problems: string[], refused: Set<string>): void {
  const facts = system.files.facts(path);
  if (!facts) return;
  const problem = problemOf(path, facts, system.userId());
  if (problem !== undefined) {
    problems.push(problem);
    refused.add(path);
  }
  if (facts.kind !== "folder") return;
  for (const name of system.files.list(path)) {
    // A browser sets its own modes, inside a folder that only the user can enter.
    if (/[\\/]browser$/.test(path)) continue;
    look(system, system.files.join(path, name), problems, refused);
  }
}

function problemOf(
  path: string,
  { kind, mode = 0, owner }: FileFacts,
  own: number | undefined,
): string | undefined {
  if (kind === "link") return `${path} is a symbolic link, which athm never creates`;
  if (kind === "other") return `${path} is neither a file nor a folder`;
  if (own !== undefined && owner !== undefined && owner !== own) {
    return `${path} belongs to another user: sudo chown ${own} ${quote(path)}`;
  }
  if ((mode & 0o077) !== 0) {
    return `other users have access to ${path}: chmod go-rwx ${quote(path)}`;
  }
  return undefined;
}

/** Temporary files of writes, in progress or interrupted. */
function partsIn({ files }: System, home: string): string[] {
  return files.list(home).filter((name) => /^\.(tmp|batch)-[0-9a-f]+$/.test(name))
    .map((name) => files.join(home, name));
}
