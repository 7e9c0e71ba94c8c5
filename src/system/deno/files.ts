import {
  type Ability,
  attempt,
  attemptOnExisting,
  failedFileOperation,
  lacks,
  withoutAbility,
} from "../files.ts";
import type { FileFacts, Files, HeldLock, NewFile } from "../files.ts";
import { sayOrDrop } from "./output.ts";
import { platform, separator } from "./platform.ts";

export const files: Files = {
  read: (path) => attemptOnExisting("read", path, () => Deno.readFileSync(path)),
  readEnd: (path, length) =>
    attemptOnExisting("read", path, () => {
      using file = Deno.openSync(path);
      file.seekSync(Math.max(0, file.statSync().size - length), Deno.SeekMode.Start);
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, file.readSync(bytes) ?? 0);
    }),
  facts: (path) => attemptOnExisting("look at", path, () => factsOf(Deno.lstatSync(path))),
  list: (path) =>
    attemptOnExisting("list", path, () => Array.from(Deno.readDirSync(path), (e) => e.name))
      ?.sort() ?? [],
  create: (path, bytes, mode) => writeWhole(path, bytes, { write: true, createNew: true, mode }),
  async createAll(made, mode) {
    for (let at = 0; at < made.length; at += atOnce) {
      await createSome(made.slice(at, at + atOnce), mode);
    }
    syncFolders(made.map(({ path }) => path));
  },
  append: (path, bytes) => writeWhole(path, bytes, { append: true }),
  rename: (from, to) =>
    attempt("replace", to, () => {
      Deno.renameSync(from, to);
      syncFolder(folderOf(to));
    }),
  renameAll: (moves) => {
    for (const { from, to } of moves) attempt("replace", to, () => Deno.renameSync(from, to));
    syncFolders(moves.map(({ to }) => to));
  },
  remove: (path) =>
    attemptOnExisting("remove", path, () => {
      Deno.removeSync(path);
      return true;
    }) ?? false,
  // In parallel: sequentially, each may wait for the file system's journal.
  async removeAll(paths) {
    for (let at = 0; at < paths.length; at += atOnce) {
      await allOrFirstError(
        paths.slice(at, at + atOnce).map(async (path) => {
          try {
            await Deno.remove(path);
          } catch (error) {
            if (!(error instanceof Deno.errors.NotFound)) {
              throw failedFileOperation("remove", path, error);
            }
          }
        }),
      );
    }
  },
  makeFolder: (path, mode) =>
    attempt("make", path, () => Deno.mkdirSync(path, { recursive: true, mode })),
  makeTemporaryFolder: () =>
    attempt("make", "a temporary folder", () => Deno.makeTempDirSync({ prefix: "athm-" })),
  tryLock: (path) => {
    const file = openLock(path);
    if (attempt("lock", path, () => unlessLacking("locks", () => file.tryLockSync(true), true))) {
      return held(file, path);
    }
    file.close();
    return undefined;
  },
  lock: async (path) => {
    const file = openLock(path);
    try {
      await file.lock(true);
    } catch (error) {
      if (!isLacking("locks", error)) {
        file.close();
        throw failedFileOperation("lock", path, error);
      }
    }
    return held(file, path);
  },
  real: (path) => attemptOnExisting("find", path, () => Deno.realPathSync(path)),
  absolute: (path) => /^([A-Za-z]:)?[\\/]/.test(path) ? path : [Deno.cwd(), path].join(separator),
  join: (...parts) => parts.join(separator),
};

function writeWhole(path: string, bytes: Uint8Array, how: Deno.OpenOptions): void {
  attempt("write", path, () => {
    using file = Deno.openSync(path, how);
    writeBytes(file, bytes);
    unlessLacking("sync", () => file.syncSync());
  });
}

/** Files open at once: systems allow 256 or more. */
const atOnce = 64;

async function createSome(made: readonly NewFile[], mode: number): Promise<void> {
  const open: { readonly path: string; readonly file: Deno.FsFile }[] = [];
  try {
    for (const { path, bytes } of made) {
      attempt("write", path, () => {
        const file = Deno.openSync(path, { write: true, createNew: true, mode });
        open.push({ path, file });
        writeBytes(file, bytes);
      });
    }
    await allOrFirstError(open.map(async ({ path, file }) => {
      try {
        await file.sync();
      } catch (error) {
        if (!isLacking("sync", error)) throw failedFileOperation("write", path, error);
      }
    }));
  } finally {
    for (const { file } of open) file.close();
  }
}

/** Waits for all, so that none continues after an error. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

function writeBytes(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf(separator)) || separator;
}

function syncFolders(paths: readonly string[]): void {
  for (const path of new Set(paths.map(folderOf))) attempt("write", path, () => syncFolder(path));
}

/** After a rename, sync the folder against power loss; Windows has no such call. */
function syncFolder(path: string): void {
  if (platform === "windows") return;
  using folder = Deno.openSync(path);
  unlessLacking("sync", () => folder.syncSync());
}

const told = new Set<Ability>();

/** True if the file system lacks the ability, with one warning: athm continues without it. */
function isLacking(ability: Ability, error: unknown): boolean {
  if (!lacks(platform, ability, error)) return false;
  if (!told.has(ability)) sayOrDrop(`athm: warning: ${withoutAbility[ability]}`);
  told.add(ability);
  return true;
}

function unlessLacking<T>(ability: Ability, work: () => T, instead?: T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isLacking(ability, error)) return instead;
    throw error;
  }
}

/** Windows has no modes; Deno reports 0666, which checks must not take as world-writable. */
function modeOf({ mode }: Deno.FileInfo): number | undefined {
  return platform === "windows" || mode === null ? undefined : mode & 0o7777;
}

function factsOf(info: Deno.FileInfo): FileFacts {
  return {
    kind: info.isFile ? "file" : info.isDirectory ? "folder" : info.isSymlink ? "link" : "other",
    mode: modeOf(info),
    owner: info.uid ?? undefined,
    size: info.size,
    modified: info.mtime?.getTime() ?? 0,
    changed: info.ctime?.getTime() ?? 0,
    inode: info.ino ?? 0,
  };
}

function openLock(path: string): Deno.FsFile {
  const how = { read: true, write: true, create: true, mode: 0o600 };
  return attempt("open", path, () => Deno.openSync(path, how));
}

function held(file: Deno.FsFile, path: string): HeldLock {
  return {
    note: (text) =>
      attempt("write", path, () => {
        file.truncateSync();
        file.seekSync(0, Deno.SeekMode.Start);
        file.writeSync(new TextEncoder().encode(text));
      }),
    release: () => {
      try {
        file.truncateSync();
      } catch {
        // A stale note only names a process that has ended.
      }
      file.close(); // releases the lock
    },
  };
}
