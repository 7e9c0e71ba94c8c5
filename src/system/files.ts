import { Failure } from "../model/failure.ts";
import type { Platform } from "./machine.ts";

/** The result of `lstat`, which does not follow symbolic links. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits, if the system has them. */
  readonly mode: number | undefined;
  /** The owner's user id, if the system has them. */
  readonly owner: number | undefined;
  readonly size: number;
  readonly modified: number;
  /** Milliseconds since 1970 of the last change, also of the mode or name; 0 if unknown. */
  readonly changed: number;
  /** The number of the file on its disk; 0 if unknown. */
  readonly inode: number;
}

/** Released when the process ends. Without locks in the file system, everybody gets it. */
export interface HeldLock {
  /** Replaces the lock file's text, which waiting processes read. */
  note(text: string): void;
  /** Never throws. */
  release(): void;
}

export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Move {
  readonly from: string;
  readonly to: string;
}

/**
 * The disk, in single steps that can each fail, as tests of the store require. Synchronous, because
 * a kept session reads two small files, and a thread each would cost more.
 *
 * Every operation throws `Failure` with code `files`, naming the path, unless documented otherwise.
 */
export interface Files {
  read(path: string): Uint8Array<ArrayBuffer> | undefined;
  /** The last `length` bytes of a file, or nothing if it does not exist. */
  readEnd(path: string, length: number): Uint8Array<ArrayBuffer> | undefined;
  facts(path: string): FileFacts | undefined;
  /** Names in a folder, sorted; empty if it does not exist. */
  list(path: string): string[];
  /** Creates a new file and syncs it; fails if it exists. */
  create(path: string, bytes: Uint8Array, mode: number): void;
  /**
   * Creates new files and syncs them and their folders. A disk syncs many files at once in little
   * more time than one. If it fails, a part of them may exist.
   */
  createAll(made: readonly NewFile[], mode: number): Promise<void>;
  /** Appends to an existing file and syncs it. If interrupted, a part may be appended. */
  append(path: string, bytes: Uint8Array): void;
  /** Atomically replaces `to` by `from` and syncs. */
  rename(from: string, to: string): void;
  /** The same for many, in order. If it fails, a part of them may be replaced. */
  renameAll(moves: readonly Move[]): void;
  /** Removes a file or empty folder; false if it did not exist. */
  remove(path: string): boolean;
  /** Removes files, ignoring missing ones. If it fails, a part of them may be left. */
  removeAll(paths: readonly string[]): Promise<void>;
  /** Creates a folder with its parents; new ones have `mode`. */
  makeFolder(path: string, mode: number): void;
  /** Creates a private temporary folder (0700) and returns its path. */
  makeTemporaryFolder(): string;
  /** Locks `path` (created if missing, 0600); nothing if another process holds the lock. */
  tryLock(path: string): HeldLock | undefined;
  lock(path: string): Promise<HeldLock>;
  /** The path with symbolic links resolved, or nothing if it does not exist. */
  real(path: string): string | undefined;
  absolute(path: string): string;
  join(...parts: string[]): string;
}

const causes: readonly (readonly [RegExp, string])[] = [
  // Deno's own message suggests Deno options.
  [/^NotCapable/, "it is a device or system file"],
  [/PermissionDenied|EACCES|EPERM/, "permission denied"],
  [/NotFound|ENOENT/, "no such file or folder"],
  [/AlreadyExists|EEXIST/, "it already exists"],
  [/os error 24\b|EMFILE/, "too many files are open; raise the limit (ulimit -n)"],
  [/os error 28\b|ENOSPC/, "the disk is full"],
  [/os error 122\b|EDQUOT/, "the disk quota is exceeded"],
  [/os error 27\b|EFBIG/, "it would exceed the file size limit"],
  [/os error 30\b|EROFS|ReadOnly/, "the file system is read-only"],
  [
    /os error 2[01]\b|NotADirectory|IsADirectory|ENOTDIR|EISDIR/,
    "it is a folder instead of a file, or a file instead of a folder",
  ],
  [/os error 40\b|ELOOP|FilesystemLoop/, "too many symbolic links"],
];

export function failedFileOperation(action: string, path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  const cause = causes.find(([pattern]) => pattern.test(text))?.[1] ??
    (error instanceof Error ? error.message : text);
  return new Failure("files", `cannot ${action} ${path}: ${cause}`, undefined, { cause: error });
}

export function hasNoRight(failure: Failure): boolean {
  const { cause } = failure;
  return cause instanceof Error && /^(PermissionDenied|NotCapable)$/.test(cause.name);
}

export function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failedFileOperation(action, path, error);
  }
}

/** The same, returning nothing if the file does not exist. */
export function attemptOnExisting<T>(action: string, path: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw failedFileOperation(action, path, error);
  }
}

/** What network or container file systems may lack. */
export type Ability = "locks" | "sync";

/** The error numbers: errno(3) and Windows system error codes. */
const numbers: Readonly<Record<Platform, Readonly<Record<Ability, readonly number[]>>>> = {
  // ENOLCK, ENOSYS, EOPNOTSUPP; of fsync(2) EINVAL too
  linux: { locks: [37, 38, 95], sync: [22, 38, 95] },
  // ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP; of fsync(2) EINVAL too
  darwin: { locks: [77, 78, 45, 102], sync: [22, 78, 45, 102] },
  // ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED
  windows: { locks: [1, 50], sync: [1, 50] },
};

export const withoutAbility: Readonly<Record<Ability, string>> = {
  locks: "this file system does not support locks: processes may each sign in at the same time," +
    " and concurrent changes may be lost; set ATHM_HOME to a folder on another one",
  sync: "this file system does not support fsync: a power failure may lose" +
    " the last change; set ATHM_HOME to a folder on another one",
};

export function lacks(platform: Platform, ability: Ability, error: unknown): boolean {
  const text = error instanceof Error ? error.message : "";
  const number = /\(os error (\d+)\)/.exec(text)?.[1];
  return number !== undefined && numbers[platform][ability].includes(Number(number));
}
