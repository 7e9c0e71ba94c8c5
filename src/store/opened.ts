import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { type Shelves, shelves } from "./files/shelf.ts";
import { tryWrite, write, type Writer } from "./files/writing.ts";
import type { StoreKeys } from "./sealing/keys.ts";
import type { Sources } from "./sealing/records.ts";
import {
  fetchKeys,
  moved,
  readStoreFile,
  refuseMoved,
  rootOf,
  type StoreFile,
} from "./store_file.ts";

/** The store's files under one key, which a rekey or a restore replaces as a whole. */
export interface OpenedStore extends Shelves {
  readonly file: StoreFile;
  readonly keys: StoreKeys;
  /** @throws {Failure} `store-moved` if they were replaced. */
  stays(): void;
  /** Writes, unless they were replaced. */
  change<T>(work: (writer: Writer) => T): Promise<T>;
  /** The same without waiting: nothing if another process is writing. */
  tryChange<T>(work: (writer: Writer) => T): T | undefined;
}

export function openedWith(
  system: System,
  file: StoreFile,
  keys: StoreKeys,
  sources: Sources,
): OpenedStore {
  const root = rootOf(system, file.home, file.folder);
  const all = shelves(system, file.home, root, keys, sources);
  const stays = () => refuseMoved(system, file);
  const checked = <T>(work: (writer: Writer) => T) => (writer: Writer) => {
    stays();
    for (const one of Object.values(all)) one.look();
    return work(marking(system, file.home, all.profiles, writer));
  };
  return {
    ...all,
    file,
    keys,
    stays,
    change: (work) => write(system, file.home, checked(work)),
    tryChange: (work) => tryWrite(system, file.home, checked(work)),
  };
}

export function indexPath({ files }: Pick<System, "files">, home: string): string {
  return files.join(home, "index");
}

/** After more changes the index is rebuilt. */
const mostMarks = 8;

/** Marks each profile in the index before changing it, so that the index never claims to know it. */
function marking(
  system: System,
  home: string,
  profiles: Shelves["profiles"],
  writer: Writer,
): Writer {
  const { files } = system;
  const index = indexPath(system, home);
  const folder = profiles.pathOf("");
  let count = 0;
  const mark = (paths: readonly string[]) => {
    const ids = paths.filter((each) => each.startsWith(folder))
      .map((each) => each.slice(folder.length));
    if (!ids.length || files.facts(index)?.kind !== "file") return;
    count += ids.length;
    try {
      if (count > mostMarks) dropIndex(system, home);
      else files.append(index, new TextEncoder().encode(`\n${ids.join("\n")}`));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // A full disk, for example: removing needs no space.
      dropIndex(system, home);
    }
  };
  return {
    replace(folder, path, bytes) {
      mark([path]);
      writer.replace(folder, path, bytes);
    },
    place(moves) {
      mark(moves.map(({ to }) => to));
      writer.place(moves);
    },
    remove(path) {
      mark([path]);
      return writer.remove(path);
    },
  };
}

/** @throws {Failure} `files` */
export function dropIndex(system: Pick<System, "files">, home: string): void {
  const index = indexPath(system, home);
  // A folder is not an index, so athm leaves it alone.
  if (system.files.facts(index)?.kind !== "folder") system.files.remove(index);
}

/** The current store, and a pending opening of the one that replaced it. */
export interface Current {
  opened: OpenedStore;
  next?: Promise<OpenedStore>;
}

/**
 * Does `work` with the current store, and again with the new key if it is replaced meanwhile. So
 * `work` must read and encrypt everything itself.
 */
export type Following = <T>(work: (opened: OpenedStore) => Promise<T>) => Promise<T>;

export function following(system: System, sources: Sources, current: Current): Following {
  async function reopened({ file: { home }, keys }: OpenedStore): Promise<OpenedStore> {
    const file = readStoreFile(system, home);
    if (!file) throw moved(home);
    const isSameKey = file.keyId === keys.id;
    return openedWith(system, file, isSameKey ? keys : await fetchKeys(system, file), sources);
  }

  return (work) => {
    let stale: OpenedStore | undefined;
    return untilItStays(async () => {
      if (stale && stale === current.opened) {
        // One prompt for all concurrent operations.
        current.next ??= reopened(stale).finally(() => delete current.next);
        current.opened = await current.next;
      }
      stale = current.opened;
      return await work(stale);
    });
  };
}

/** How often a store may be replaced during one operation. */
const mostMoves = 5;

/** Repeats `work` while the store is being replaced; it must begin by reading `store.json`. */
export async function untilItStays<T>(work: () => Promise<T>): Promise<T> {
  for (let left = mostMoves;; left--) {
    try {
      return await work();
    } catch (error) {
      const hasMoved = error instanceof Failure && error.code === "store-moved";
      if (!hasMoved || left === 0) throw error;
    }
  }
}
