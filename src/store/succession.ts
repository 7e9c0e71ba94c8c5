// How a store is made anew as a whole: with another key, or with what a backup holds.
//
// All records are sealed into a new folder beside the old one, which nobody reads yet. One rename of
// `store.json` then makes it the store: before it the old store is whole, after it the new one. What
// is old is removed last, and `store.json` says until then that it is to be. Cut off before the rename,
// a folder stays that nobody reads; cut off after it, the old files stay, which nobody reads any more.
// Either is removed when the next such change begins, and in the meantime all commands work.

import { Failure } from "../model/failure.ts";
import { portalKey, type PortalTokens } from "../model/portal.ts";
import type { Profile } from "../model/profile.ts";
import type { SessionRecord } from "../model/proofs.ts";
import type { System } from "../system/system.ts";
import type { Held, KeyRotation, StoreKey } from "./custody/custody.ts";
import { type StoreKeys, storeKeys } from "./sealing/keys.ts";
import type { Sources } from "./sealing/records.ts";
import { allOf } from "./files/shared.ts";
import { type Shelves, shelves } from "./files/shelf.ts";
import {
  encodeStoreFile,
  folderPattern,
  readStoreFile,
  refuseMoved,
  rootOf,
  type StoreFile,
} from "./store_file.ts";
import { write, type Writer } from "./files/writing.ts";

/** What a store holds. Sessions are by the name they are kept under. */
export interface Content {
  readonly profiles: readonly Profile[];
  readonly sessions: ReadonlyMap<string, SessionRecord>;
  /** Sign-ins at access portals. They stay on this machine: a backup has none. */
  readonly portals: readonly PortalTokens[];
}

/** Names, besides the profiles' own, that sessions of these profiles are kept under. */
export type SharedNames = (profiles: readonly Profile[]) => Promise<readonly string[]>;

/**
 * All that the store holds. A session that does not open is left out: it is made again when wanted.
 *
 * @throws {Failure} `store-damaged` for a profile, unless those are to be left out too.
 */
export async function contentOf(
  { profiles, sessions, portals }: Shelves,
  sharedNames: SharedNames,
  options: { readonly withoutDamaged: boolean },
): Promise<Content> {
  const found: Profile[] = [];
  for (const id of profiles.ids()) {
    const profile = await profiles.open(id).catch((error) => {
      if (options.withoutDamaged && isDamage(error)) return undefined;
      throw error;
    });
    if (profile) found.push(profile);
  }
  const kept = new Map<string, SessionRecord>();
  for (const name of [...found.map((each) => each.name), ...await sharedNames(found)]) {
    const session = await sessions.find(name).catch((error) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (session) kept.set(name, session);
  }
  return { profiles: found, sessions: kept, portals: await allOf(portals) };
}

/** A file that the disk did not give may be good: to leave it out would lose it. */
function isDamage(error: unknown): boolean {
  return error instanceof Failure && error.code === "store-damaged";
}

export interface Change {
  /** The key that the store has. */
  readonly keys: StoreKeys;
  /** The decoder of a profile's source. */
  readonly sources: Sources;
  /** Another key for it. */
  readonly next?: { readonly key: StoreKey; readonly hold: KeyRotation["hold"] };
  /** What it shall hold, from what it holds. */
  readonly content: (shelves: Shelves) => Promise<Content>;
}

/**
 * Makes the store anew.
 *
 * @throws {Failure} what `change` throws; `files`; `store-key` when another process was faster. The
 * store is then the old one, or where only removing failed, the new one.
 */
export async function succeed(
  system: System,
  file: StoreFile,
  change: Change,
): Promise<{ readonly file: StoreFile; readonly content: Content }> {
  const { files } = system;
  const lock = await files.lock(files.join(file.home, "change.lock"));
  try {
    refuseMoved(system, file);
    await sweep(system, file.home);
    const current = await finish(system, readStoreFile(system, file.home) ?? file);
    const keys = change.next ? await storeKeys(change.next.key.slice()) : change.keys;
    let done: { file: StoreFile; content: Content };
    try {
      done = await switched(system, current, change, keys);
    } catch (error) {
      await sweep(system, file.home).catch(() => {}); // the first error is the one to tell
      throw error;
    }
    return { ...done, file: await finish(system, done.file) };
  } finally {
    lock.release();
  }
}

/** Sessions are saved while this goes on; whoever does that every time does something else. */
const mostTries = 5;

async function switched(
  system: System,
  file: StoreFile,
  change: Change,
  keys: StoreKeys,
): Promise<{ file: StoreFile; content: Content }> {
  const { home } = file;
  let held: Held | undefined;
  for (let left = mostTries; left > 0; left--) {
    const folder = `${keys.id}-${system.random(4).toHex()}`;
    const root = rootOf(system, home, folder);
    // The folder first: its name tells, should this be cut off, what a keychain may hold of it.
    system.files.makeFolder(root, 0o700);
    held ??= await change.next?.hold({ home, path: file.path, keyId: keys.id }, change.next.key);
    const oldRoot = rootOf(system, home, file.folder);
    const before = bytesIn(system, oldRoot);
    const content = await change.content(
      shelves(system, home, oldRoot, change.keys, change.sources),
    );
    await fill(system, file, shelves(system, home, root, keys, change.sources), content);
    const { custody, keyId, kept } = file;
    const next = {
      custody,
      keyId: keys.id,
      kept: held?.kept ?? kept,
      folder,
      before: { folder: file.folder, keyId },
    };
    const isDone = await write(system, home, (writer) => {
      refuseMoved(system, file);
      if (bytesIn(system, oldRoot) !== before) return false;
      writer.replace(home, file.path, encodeStoreFile(next));
      return true;
    });
    if (isDone) return { content, file: { ...file, ...next } };
    await write(system, home, (writer) => removeRoot(system, writer, home, folder));
  }
  throw new Failure(
    "files",
    `the store ${home} kept changing in the meantime`,
    "run it again",
  );
}

/** Seals what the store shall hold into the new folder. */
async function fill(
  system: System,
  file: StoreFile,
  { profiles, sessions, portals }: Shelves,
  content: Content,
): Promise<void> {
  for (const profile of content.profiles) await put(await profiles.sealed(profile.name, profile));
  for (const [name, record] of content.sessions) await put(await sessions.sealed(name, record));
  for (const tokens of content.portals) {
    await put(await portals.sealed(portalKey(tokens.portal), tokens));
  }

  // The lock is held for one file at a time, so that nobody waits for all.
  async function put(made: { folder: string; path: string; bytes: Uint8Array }): Promise<void> {
    await write(system, file.home, (writer) => {
      refuseMoved(system, file);
      writer.replace(made.folder, made.path, made.bytes);
    });
  }
}

/** All sealed files below a folder as one text, to see whether any has changed. */
function bytesIn({ files }: System, root: string): string {
  const texts: string[] = [];
  for (const each of shelfNames) {
    const folder = files.join(root, each);
    for (const name of files.list(folder)) {
      texts.push(name, new TextDecoder().decode(files.read(files.join(folder, name))));
    }
  }
  return texts.join("\n");
}

/**
 * Removes what the store had before it was made anew, if that is still there.
 *
 * @throws {Failure} when that cannot be; all commands work in between.
 */
export async function finish(system: System, file: StoreFile): Promise<StoreFile> {
  const { before, ...rest } = file;
  if (!before) return file;
  try {
    await write(system, file.home, (writer) => {
      refuseMoved(system, file);
      removeRoot(system, writer, file.home, before.folder);
    });
    if (before.keyId !== file.keyId) {
      const { lock } = await import("./custody/unlock.ts");
      await lock(system, { ...file, keyId: before.keyId });
      await file.custody.drop(system, { ...file, keyId: before.keyId });
    }
    await write(system, file.home, (writer) => {
      refuseMoved(system, file);
      writer.replace(file.home, file.path, encodeStoreFile(rest));
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      error.code,
      `the store was replaced, but some old files could not be removed: ${error.message}`,
      "run athm store rekey to finish",
      { cause: error },
    );
  }
  return rest;
}

/** Folders that a change which was cut off has left, and what the keychain holds for them. */
export async function sweep(system: System, home: string): Promise<void> {
  const left = await write(system, home, (writer) => {
    const file = readStoreFile(system, home);
    const names = file ? unborn(system, file) : [];
    for (const name of names) removeRoot(system, writer, home, name);
    return { file, names };
  });
  const ids = new Set(left.names.map((name) => folderPattern.exec(name)?.[1] ?? ""));
  for (const keyId of ids) {
    if (!left.file || keyId === left.file.keyId || keyId === left.file.before?.keyId) continue;
    await left.file.custody.drop(system, { ...left.file, keyId });
  }
}

/** Folders of sealed files that are neither the store's nor those it had before. */
export function unborn({ files }: System, { home, folder, before }: StoreFile): string[] {
  return files.list(home).filter((name) =>
    folderPattern.test(name) && name !== folder && name !== before?.folder
  );
}

const shelfNames = ["profiles", "sessions", "assertions", "portals"];

function removeRoot({ files }: System, writer: Writer, home: string, folder: string): void {
  const root = folder === "" ? home : files.join(home, folder);
  for (const each of shelfNames) {
    const shelf = files.join(root, each);
    for (const name of files.list(shelf)) {
      if (/^[0-9a-f]{32}$/.test(name)) writer.remove(files.join(shelf, name));
    }
    // What athm did not put there stays, and its folder.
    if (files.list(shelf).length === 0) writer.remove(shelf);
  }
  if (folder !== "" && files.list(root).length === 0) writer.remove(root);
}
