// Lists profiles. `index` in the store's folder saves reading each of them for a list:
//
//     SEALED            purpose athm-index, its id bound to the folder of the sealed files; see
//                       sealing/index_record.ts
//     "\n" ID …         marks: profiles that changed since, one file id per line
//
// The index is a cache, and no credentials come from it. A profile is taken from it only if
//
// - no mark names it. Every writer marks a profile before changing it, under the write lock
//   (opened.ts), so this depends on no clock and holds after a crash at any moment. A change of many
//   removes the index.
// - its file still has the same size, times and inode, and only its owner has access. This detects
//   what does not mark: an older athm, a copied or restored file, damage. Only a file replaced twice
//   by an older athm within the resolution of its times may go unnoticed until its next change.
//
// All others are read, and a new index is written if, under the write lock, the file still has the
// bytes that it had, also under that lock, before the first profile was read: any change in between
// would have marked it. A missing index is replaced by random bytes first, for changes to mark.
// Writing never waits and may fail: the next list tries again.

import { Failure, valueOr } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import type { Outline } from "../model/outline.ts";
import type { Profile } from "../model/profile.ts";
import type { FileFacts } from "../system/files.ts";
import type { System } from "../system/system.ts";
import { readOwn } from "./files/home.ts";
import type { Shelf } from "./files/shelf.ts";
import { indexPath, type OpenedStore } from "./opened.ts";
import {
  decodeIndex,
  encodeIndex,
  type IndexEntry,
  keptPart,
  type Stamp,
} from "./sealing/index_record.ts";
import { hidden } from "./sealing/keys.ts";
import { seal, unseal } from "./sealing/sealed.ts";

/** Why a profile's file does not open. */
export interface Damaged {
  readonly damaged: Failure;
  readonly file: string;
}

export type Listed = { readonly profile: Profile } | Damaged;

export interface Outlined {
  readonly outline: Outline;
  /** Whether there is a kept session or a narrower one, fresh or not. */
  readonly hasKept: boolean;
}

export type OutlineOf = (profile: Profile) => Outline;

/** With fewer profiles reading them costs no more than an index. */
const fewest = 16;

/** Bytes: some 100,000 profiles. */
const limit = 64 * 1024 * 1024;

const purpose = "athm-index";

/** Every profile, sorted by name; damaged ones last. Reads every file. */
export async function listProfiles({ profiles, stays }: OpenedStore): Promise<Listed[]> {
  const listed = await Promise.all(profiles.ids().map((id) => listedAt(profiles, id)));
  stays();
  const found = listed.filter((each) => each !== undefined);
  return [
    ...byName(found.filter((each) => "profile" in each), ({ profile }) => profile.name),
    ...found.filter((each) => "damaged" in each),
  ];
}

/** The same without secrets, from the index as far as it is current. */
export async function listOutlines(
  system: System,
  opened: OpenedStore,
  outlineOf: OutlineOf,
): Promise<(Outlined | Damaged)[]> {
  const first = look(system, opened, await parsed(opened, readIndex(system, opened)));
  const isUseful = first.known.length + first.rest.length >= fewest;
  const token = isUseful && !first.isCurrent ? claim(system, opened) : undefined;
  const seen = token ? look(system, opened, await parsed(opened, token)) : first;
  const read = (await Promise.all(
    seen.rest.map((each) => readEntry(opened, each, outlineOf)),
  )).filter((each) => each !== undefined);
  const fresh = read.filter((each) => "outline" in each);
  const entries = byName([...seen.known, ...fresh], ({ outline }) => outline.name);
  // Damaged profiles are read each time: the index knows none.
  if (token && (fresh.length || seen.isOutdated)) await save(system, opened, token, entries);
  const shelves = [opened.sessions, opened.narrowed];
  const kept = new Set(shelves.flatMap(({ folder }) => system.files.list(folder).map(keptPart)));
  opened.stays();
  return [
    ...entries.map(({ outline, kept: files }) => ({
      outline,
      hasKept: files.some((part) => kept.has(part)),
    })),
    ...read.filter((each) => "damaged" in each),
  ];
}

interface IndexFile {
  readonly entries: ReadonlyMap<string, IndexEntry>;
  readonly marks: ReadonlySet<string>;
}

interface Compared {
  readonly known: readonly IndexEntry[];
  /** Files to read. */
  readonly rest: readonly { readonly id: string; readonly stamp: Stamp }[];
  /** Whether the index lacks nothing and has nothing else. */
  readonly isCurrent: boolean;
  readonly isOutdated: boolean;
}

function look(
  system: System,
  { profiles }: OpenedStore,
  { entries, marks }: IndexFile,
): Compared {
  const known: IndexEntry[] = [];
  const rest: { id: string; stamp: Stamp }[] = [];
  const own = system.userId();
  for (const id of profiles.ids()) {
    const facts = system.files.facts(profiles.pathOf(id));
    if (!facts) continue;
    const stamp = stampOf(facts);
    const entry = marks.has(id) || !isPrivate(facts, own) ? undefined : entries.get(id);
    if (entry && isSame(entry.stamp, stamp)) known.push(entry);
    else rest.push({ id, stamp });
  }
  const isOutdated = known.length < entries.size || marks.size > 0;
  return { known, rest, isOutdated, isCurrent: !isOutdated && rest.length === 0 };
}

function stampOf({ size, modified, changed, inode }: FileFacts): Stamp {
  return [size, modified, changed, inode];
}

/** Reading any other file says what is wrong with it. */
function isPrivate({ kind, mode = 0, owner }: FileFacts, own: number | undefined): boolean {
  const isOwn = owner === undefined || own === undefined || owner === own;
  return kind === "file" && (mode & 0o077) === 0 && isOwn;
}

function isSame(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** The bytes of the index file, of whatever they consist; nothing if they cannot be trusted. */
function readIndex(system: System, { file: { home } }: OpenedStore) {
  const subject = { what: "the index", path: indexPath(system, home), fix: "" };
  return valueOr(() => readOwn(system, home, subject, limit), undefined);
}

async function parsed(
  { keys, file }: OpenedStore,
  bytes: Uint8Array<ArrayBuffer> | undefined,
): Promise<IndexFile> {
  const none = { entries: new Map(), marks: new Set<string>() };
  if (!bytes) return none;
  const end = bytes.indexOf(0x0a);
  const sealed = end < 0 ? bytes : bytes.subarray(0, end);
  const as = { purpose, id: await hidden(keys, purpose, file.folder) } as const;
  const plain = await unseal(keys.sealing, as, sealed, limit);
  const profiles = typeof plain === "string" ? undefined : decodeIndex(plain);
  if (!profiles) return none;
  const marks = end < 0 ? [] : new TextDecoder().decode(bytes.subarray(end + 1)).split("\n");
  return { entries: new Map(profiles.map((each) => [each.id, each])), marks: new Set(marks) };
}

/** The bytes of the index file, which any later change of a profile will change; or nothing. */
function claim(system: System, opened: OpenedStore): Uint8Array<ArrayBuffer> | undefined {
  return asAttempt(system, () =>
    opened.tryChange((writer) => {
      const there = readIndex(system, opened);
      if (there) return there;
      const bytes = new TextEncoder().encode(system.random(16).toHex());
      const { home } = opened.file;
      writer.replace(home, indexPath(system, home), bytes);
      return bytes;
    }));
}

async function save(
  system: System,
  opened: OpenedStore,
  token: Uint8Array,
  entries: readonly IndexEntry[],
): Promise<void> {
  const { keys, file: { home, folder } } = opened;
  const as = { purpose, id: await hidden(keys, purpose, folder) } as const;
  const plain = encodeIndex(entries);
  const bytes = await seal(keys.sealing, as, system.random(12), plain, limit)
    .catch((error) => {
      if (!(error instanceof RangeError)) throw error;
    });
  if (!bytes) return;
  asAttempt(system, () =>
    opened.tryChange((writer) => {
      const there = readIndex(system, opened);
      if (there && isSame(there, token)) writer.replace(home, indexPath(system, home), bytes);
    }));
}

/** A full or read-only disk costs the next list some time, which is not worth a message. */
function asAttempt<T>({ trace }: Pick<System, "trace">, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure && error.code === "files")) throw error;
    trace("no index", { why: error.message });
    return undefined;
  }
}

async function readEntry(
  { profiles, sessions, narrowed }: OpenedStore,
  { id, stamp }: { readonly id: string; readonly stamp: Stamp },
  outlineOf: OutlineOf,
): Promise<IndexEntry | Damaged | undefined> {
  const listed = await listedAt(profiles, id);
  if (!listed || "damaged" in listed) return listed;
  const { profile } = listed;
  const kept = await Promise.all([sessions, narrowed].map((shelf) => shelf.idOf(profile.name)));
  return { id, kept: kept.map(keptPart), stamp, outline: outlineOf(profile) };
}

async function listedAt(profiles: Shelf<Profile>, id: string): Promise<Listed | undefined> {
  try {
    const profile = await profiles.open(id);
    return profile && { profile };
  } catch (error) {
    // An I/O error does not mean damage: callers that change profiles need a complete list.
    if (!(error instanceof Failure) || error.code === "files") throw error;
    return { damaged: error, file: profiles.pathOf(id) };
  }
}

function byName<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
  return all.map((one) => ({ one, key: nameKey(nameOf(one)) }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    .map(({ one }) => one);
}
