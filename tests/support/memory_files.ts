import { Failure } from "../../src/model/failure.ts";
import type { FileFacts, Files, HeldLock } from "../../src/system/files.ts";

interface Entered {
  mode: number;
  modified: number;
  inode: number;
  /** By default Ann's. */
  owner?: number;
}
type Entry =
  | Entered & { kind: "file"; bytes: Uint8Array<ArrayBuffer> }
  | Entered & { kind: "folder" }
  | Entered & { kind: "link"; target: string };

let inodes = 0;

/** The ID of the user who owns the disk. */
export const ann = 1000;

/**
 * A disk in memory, which tests can change without athm. Shared, it is one disk for several
 * systems.
 */
export interface MemoryFiles extends Files {
  /** Writes a file and its folders, replacing anything there. */
  put(path: string, content: string | Uint8Array, mode?: number): void;
  /** Replaces a path by a symbolic link. */
  link(path: string, target: string): void;
  chmod(path: string, mode: number): void;
  chown(path: string, owner: number): void;
  text(path: string): string | undefined;
  /** Every path under `folder`, sorted. */
  all(folder: string): string[];
  /** Everything on the disk, for `restore`. */
  snapshot(): ReadonlyMap<string, Entry>;
  restore(snapshot: ReadonlyMap<string, Entry>): void;
}

/** The current folder of every process. */
export const startedIn = "/started-in";

/**
 * Behaves like a POSIX disk, as far as `Files` shows it. `now` provides modification times.
 *
 * @param nextInode numbers new files; a disk without such numbers returns 0
 */
export function memoryFiles(
  now: () => number = () => 0,
  nextInode: () => number = () => ++inodes,
): MemoryFiles {
  const entries = new Map<string, Entry>([
    ["/", { kind: "folder", mode: 0o755, modified: 0, inode: 0 }],
  ]);
  const held = new Set<string>();
  const waiting = new Map<string, (() => void)[]>();

  /** The path with links resolved; the last part only if `last`. */
  function real(path: string, last: boolean, depth = 0): string {
    if (depth > 20) throw refused("open", path, "too many symbolic links");
    const parts = path.split("/").filter(Boolean);
    let at = "";
    for (const [index, part] of parts.entries()) {
      at += `/${part}`;
      const entry = entries.get(at);
      if (entry?.kind === "link" && (last || index < parts.length - 1)) {
        at = real(entry.target, true, depth + 1);
      }
    }
    return at || "/";
  }

  function inFolder(action: string, path: string): string {
    const full = real(path, false);
    if (entries.get(parent(full))?.kind !== "folder") {
      throw refused(action, path, "no such file or folder");
    }
    return full;
  }

  function hold(path: string): HeldLock {
    held.add(path);
    return {
      note: (text) => overwrite(path, text),
      release: () => {
        overwrite(path, "");
        held.delete(path);
        waiting.get(path)?.shift()?.();
      },
    };
  }

  /** A file that was removed while it was locked stays removed. */
  function overwrite(path: string, text: string): void {
    const entry = entries.get(path);
    if (entry?.kind !== "file") return;
    entries.set(path, { ...entry, modified: now(), bytes: new TextEncoder().encode(text) });
  }

  function lockFile(path: string): string {
    const full = real(inFolder("lock", path), true);
    if (!entries.has(full)) files.put(full, "");
    return full;
  }

  const files: MemoryFiles = {
    read(path) {
      const entry = entries.get(real(path, true));
      if (entry?.kind === "folder") throw refused("read", path, "it is a folder");
      return entry?.kind === "file" ? entry.bytes.slice() : undefined;
    },
    readEnd: (path, length) => files.read(path)?.slice(-length),
    facts(path): FileFacts | undefined {
      const entry = entries.get(real(path, false));
      if (!entry) return undefined;
      const { kind, mode, modified, inode, owner = ann } = entry;
      const size = kind === "file" ? entry.bytes.length : 0;
      return { kind, mode, owner, modified, changed: modified, inode, size };
    },
    list(path) {
      const full = real(path, true);
      const names = [...entries.keys()].filter((one) => one !== "/" && parent(one) === full);
      return names.map((one) => one.slice(one.lastIndexOf("/") + 1)).sort();
    },
    create(path, bytes, mode) {
      const full = inFolder("write", path);
      if (entries.has(full)) throw refused("write", path, "it already exists");
      const entered = { mode, modified: now(), inode: nextInode() };
      entries.set(full, { kind: "file", ...entered, bytes: Uint8Array.from(bytes) });
    },
    async createAll(made, mode) {
      for (const { path, bytes } of made) this.create(path, bytes, mode);
      await Promise.resolve();
    },
    append(path, bytes) {
      const full = real(path, true);
      const entry = entries.get(full);
      if (entry?.kind !== "file") throw refused("write", path, "no such file or folder");
      const all = Uint8Array.from([...entry.bytes, ...bytes]);
      entries.set(full, { ...entry, modified: now(), bytes: all });
    },
    rename(from, to) {
      const entry = entries.get(inFolder("replace", from));
      if (!entry) throw refused("replace", to, "no such file or folder");
      const target = inFolder("replace", to);
      if (entries.get(target)?.kind === "folder") throw refused("replace", to, "it is a folder");
      entries.set(target, entry);
      entries.delete(real(from, false));
    },
    renameAll(moves) {
      for (const { from, to } of moves) this.rename(from, to);
    },
    remove(path) {
      const full = real(path, false);
      if (entries.get(full)?.kind === "folder" && files.list(full).length > 0) {
        throw refused("remove", path, "the folder is not empty");
      }
      return entries.delete(full);
    },
    async removeAll(paths) {
      for (const path of paths) this.remove(path);
      await Promise.resolve();
    },
    makeFolder(path, mode) {
      const full = real(path, true);
      const kind = entries.get(full)?.kind;
      if (kind === "folder") return;
      if (kind !== undefined) throw refused("make", path, "it already exists");
      if (full !== "/") files.makeFolder(parent(full), mode);
      entries.set(full, { kind: "folder", mode, modified: now(), inode: nextInode() });
    },
    tryLock(path) {
      const full = lockFile(path);
      return held.has(full) ? undefined : hold(full);
    },
    async lock(path) {
      const full = lockFile(path);
      while (held.has(full)) {
        await new Promise<void>((resolve) => {
          waiting.set(full, [...waiting.get(full) ?? [], resolve]);
        });
      }
      return hold(full);
    },
    join: (...parts) => parts.join("/"),
    makeTemporaryFolder() {
      const path = `/tmp/athm-${entries.size}`;
      this.makeFolder(path, 0o700);
      return path;
    },
    real: (path) => {
      const full = real(path === "." ? startedIn : path, true);
      return entries.has(full) ? full : undefined;
    },
    absolute: (path) => path.startsWith("/") ? path : `${startedIn}/${path}`,
    put(path, content, mode = 0o600) {
      files.makeFolder(parent(path), 0o755);
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      entries.set(real(path, true), {
        kind: "file",
        mode,
        modified: now(),
        inode: nextInode(),
        bytes: Uint8Array.from(bytes),
      });
    },
    link: (path, target) => {
      files.makeFolder(parent(path), 0o755);
      const entered = { mode: 0o777, modified: now(), inode: nextInode() };
      entries.set(path, { kind: "link", ...entered, target });
    },
    chmod(path, mode) {
      const entry = entries.get(path);
      if (!entry) throw new Error(`nothing to chmod at ${path}`);
      entries.set(path, { ...entry, mode });
    },
    chown(path, owner) {
      const entry = entries.get(path);
      if (!entry) throw new Error(`nothing to chown at ${path}`);
      entries.set(path, { ...entry, owner });
    },
    text: (path) => {
      const bytes = files.read(path);
      return bytes && new TextDecoder().decode(bytes);
    },
    all: (folder) => [...entries.keys()].filter((path) => path.startsWith(`${folder}/`)).sort(),
    snapshot: () => new Map(entries),
    restore(snapshot) {
      entries.clear();
      for (const [path, entry] of snapshot) entries.set(path, entry);
    },
  };
  return files;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function refused(action: string, path: string, why: string): Failure {
  return new Failure("files", `cannot ${action} ${path}: ${why}`);
}
