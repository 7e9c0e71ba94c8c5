import { Failure } from "../model/failure.ts";

/** What `lstat` tells; a symbolic link is told as itself and not followed. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits, where the system has them. */
  readonly mode: number | undefined;
  /** The number of the user that it belongs to, where the system has such. */
  readonly owner: number | undefined;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/**
 * A lock of the kernel's: freed when the process ends, however it ends. Where the file system has none,
 * everybody gets it, after a warning.
 */
export interface HeldLock {
  /** Replaces what the lock's file says, for others to read while they wait. */
  note(text: string): void;
  release(): void;
}

/**
 * The disk, in single steps: each can fail on its own, which is what the store is tested against.
 * Operations are synchronous because a kept session reads two small files, and a thread for each
 * would cost more than the reading.
 *
 * Every operation throws `Failure` with code `files`, naming the path, unless its doc says otherwise.
 */
export interface Files {
  /** The whole file, or nothing when there is none. */
  read(path: string): Uint8Array<ArrayBuffer> | undefined;
  /** The last bytes of a file, `length` of them or all, or nothing when there is none. */
  readEnd(path: string, length: number): Uint8Array<ArrayBuffer> | undefined;
  /** Facts, or nothing when there is none. */
  facts(path: string): FileFacts | undefined;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(path: string): string[];
  /** Makes a new file that must not exist yet, writes it whole and waits until the disk has it. */
  create(path: string, bytes: Uint8Array, mode: number): void;
  /**
   * Adds to the end of a file that is there, and waits until the disk has it. Cut off, it may have added
   * a part.
   */
  append(path: string, bytes: Uint8Array): void;
  /** Puts `from` in the place of `to` at once, and waits until the disk has it. */
  rename(from: string, to: string): void;
  /** Removes a file, or a folder that is empty; false when there was none. */
  remove(path: string): boolean;
  /** Makes a folder with its parents; those it makes have `mode`. */
  makeFolder(path: string, mode: number): void;
  /** Makes a folder of athm's own among the temporary ones, 0700, and returns its path. */
  makeTemporaryFolder(): string;
  /** The lock on `path` (made when missing, 0600), or nothing when another process holds it. */
  tryLock(path: string): HeldLock | undefined;
  /** The lock on `path`, waiting as long as it takes. */
  lock(path: string): Promise<HeldLock>;
  /** The file's own path, without symbolic links on the way, or nothing when there is none. */
  real(path: string): string | undefined;
  /** The path from the root, where `path` is relative to the folder athm was started in. */
  absolute(path: string): string;
  /** Joins parts to a path in the system's own way. */
  join(...parts: string[]): string;
}

const causes: readonly (readonly [RegExp, string])[] = [
  // Deno's own words advise a person to start athm with an option of Deno's.
  [/^NotCapable/, "it is a device or system file"],
  [/PermissionDenied|EACCES|EPERM/, "permission denied"],
  [/NotFound|ENOENT/, "no such file or folder"],
  [/AlreadyExists|EEXIST/, "it already exists"],
  [/os error 28\b|ENOSPC/, "the disk is full"],
  [/os error 122\b|EDQUOT/, "the disk quota is exceeded"],
  [/os error 30\b|EROFS|ReadOnly/, "the file system is read-only"],
  [
    /os error 2[01]\b|NotADirectory|IsADirectory|ENOTDIR|EISDIR/,
    "it is a folder instead of a file, or a file instead of a folder",
  ],
  [/os error 40\b|ELOOP|FilesystemLoop/, "too many symbolic links"],
];

/** An error of the system's as a `Failure` that names what was tried, the path and the cause. */
export function failedFileOperation(action: string, path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  const cause = causes.find(([pattern]) => pattern.test(text))?.[1] ??
    (error instanceof Error ? error.message : text);
  return new Failure("files", `cannot ${action} ${path}: ${cause}`, undefined, { cause: error });
}

/** True for a failure that says that athm has no right to the path, whatever is there. */
export function hasNoRight(failure: Failure): boolean {
  const { cause } = failure;
  return cause instanceof Error && /^(PermissionDenied|NotCapable)$/.test(cause.name);
}

/** Runs a file operation; an error of the system becomes a `Failure` that names the path. */
export function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failedFileOperation(action, path, error);
  }
}

/** The same, with nothing in the place of a file that is not there. */
export function attemptOnExisting<T>(action: string, path: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw failedFileOperation(action, path, error);
  }
}
