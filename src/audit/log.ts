// The audit log in the store's folder:
//
//     audit.log      the current file; at 5 MiB it is rotated to
//     audit.log.1    and so on, up to
//     audit.log.4    the oldest
//     audit.lock     held while appending to the log and while reading it
//     audit.new      a new file before it is renamed to audit.log
//
// To avoid deadlocks, take no other lock while holding `audit.lock`.

import { rfc3339 } from "../model/credentials.ts";
import { Failure, quote } from "../model/failure.ts";
import type { HeldLock } from "../system/files.ts";
import type { AuditEvent, System } from "../system/system.ts";
import { encodeLine, hashOf, lastLine, longestLine, noLine } from "./chain.ts";
import { entryOf } from "./entry.ts";

export const keptFiles = 4;
const rotateAt = 5 * 1024 * 1024;
/** In bytes. athm never writes a file this large and refuses to read one. */
const largest = 4 * rotateAt;

export interface LogFile {
  readonly number: number;
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function logName(number: number): string {
  return number === 0 ? "audit.log" : `audit.log.${number}`;
}

/** Appends events and syncs them; a file rotates at `limit` bytes. @throws {Failure} */
export async function append(
  system: System,
  home: string,
  events: AuditEvent | readonly AuditEvent[],
  limit: number = rotateAt,
): Promise<void> {
  const { files } = system;
  const lock = await takeLock(system, home);
  try {
    const entries = [events].flat().map((event) => entryOf(system, event));
    const last = endOf(system, home, 0);
    if (last && (last.torn || last.size < limit)) {
      // Terminate the partial line of a killed process and mark it with a "cut" event.
      const lines = last.torn ? [mark(system, "cut"), ...entries] : entries;
      const text = await chained(lines, last.line);
      files.append(pathOf(system, home, 0), last.torn ? Uint8Array.of(10, ...text) : text);
      return;
    }
    if (last) rotate(system, home);
    const before = (last ?? endOf(system, home, 1))?.line;
    const fresh = files.join(home, "audit.new");
    files.remove(fresh);
    files.create(fresh, await chained([mark(system, "begin"), ...entries], before), 0o600);
    files.rename(fresh, pathOf(system, home, 0));
  } finally {
    lock.release();
  }
}

/** Reads the whole log, oldest file first, under the lock. */
export async function readLog(system: System, home: string): Promise<LogFile[]> {
  const { files } = system;
  if (!files.list(home).some((name) => name.startsWith("audit.log"))) return [];
  const lock = await takeLock(system, home);
  try {
    const found: LogFile[] = [];
    for (let number = keptFiles; number >= 0; number--) {
      const path = pathOf(system, home, number);
      const size = sizeOf(system, path) ?? 0;
      if (size > largest) {
        throw new Failure(
          "files",
          `${path} is larger than any log athm writes`,
          "move the file away",
        );
      }
      const bytes = files.read(path);
      if (bytes) found.push({ number, name: logName(number), bytes });
    }
    return found;
  } finally {
    lock.release();
  }
}

const patience = 5000;

/** Waits for the log's lock up to a limit: a stuck process must not block sign-ins. */
async function takeLock(system: System, home: string): Promise<HeldLock> {
  const path = system.files.join(home, "audit.lock");
  const until = system.monotonic() + patience;
  for (;;) {
    const lock = system.files.tryLock(path);
    if (lock) return lock;
    if (system.monotonic() > until) {
      throw new Failure("files", `another process has held ${path} for ${patience / 1000} s`);
    }
    await system.sleep(5 + 20 * system.chance());
  }
}

function mark({ now, pid }: System, event: "begin" | "cut") {
  return { time: rfc3339(now()), event, ...event === "begin" && { v: 1 }, pid };
}

/** Encodes lines with newlines, chained to each other and to the previous line. */
async function chained(
  entries: readonly Readonly<Record<string, unknown>>[],
  before: Uint8Array<ArrayBuffer> | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  let prev = before ? await hashOf(before) : noLine;
  const bytes: number[] = [];
  for (const entry of entries) {
    const line = await encodeLine(entry, prev);
    bytes.push(...line, 10);
    prev = await hashOf(line);
  }
  return Uint8Array.from(bytes);
}

/** Makes room for a new file. If interrupted, it leaves a gap in the numbers that the next run fills. */
function rotate(system: System, home: string): void {
  const { files } = system;
  let free = 1;
  while (free < keptFiles && files.facts(pathOf(system, home, free))) free++;
  for (let number = free; number > 0; number--) {
    files.rename(pathOf(system, home, number - 1), pathOf(system, home, number));
  }
}

function endOf(system: System, home: string, number: number) {
  const path = pathOf(system, home, number);
  const size = sizeOf(system, path);
  const bytes = size === undefined ? undefined : system.files.readEnd(path, longestLine);
  const last = bytes && lastLine(bytes);
  return last && { ...last, size: size ?? 0 };
}

/** The size of a file after checking its kind and mode; undefined if it does not exist. */
function sizeOf({ files }: System, path: string): number | undefined {
  const facts = files.facts(path);
  // A symbolic link could point at any file of the user.
  if (facts && facts.kind !== "file") throw new Failure("store-open", `${path} is not a file`);
  if (facts?.mode !== undefined && facts.mode & 0o077) {
    throw new Failure(
      "store-open",
      `other users have access to ${path}`,
      `chmod 600 ${quote(path)}`,
    );
  }
  return facts?.size;
}

function pathOf({ files }: System, home: string, number: number): string {
  return files.join(home, logName(number));
}
