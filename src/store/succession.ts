// Replaces a whole store: with another key, or with the content of a backup.
//
// All records are written to a new folder beside the old one. Renaming `store.json` then switches to
// it atomically. The old files are removed last, and `store.json` records that until it is done. An
// interruption leaves an unused folder, before the rename the new one, after it the old one. The next
// such change removes it, and meanwhile all commands work.

import { Failure } from "../model/failure.ts";
import { consoleKey } from "../model/console_sign_in.ts";
import { folderKey } from "../model/folder_profile.ts";
import { portalKey } from "../model/portal.ts";
import { registryKey } from "../model/proofs.ts";
import type { System } from "../system/system.ts";
import type { Content } from "./content.ts";
import type { Held, KeyRotation, StoreKey } from "./custody/custody.ts";
import { type StoreKeys, storeKeys } from "./sealing/keys.ts";
import type { Sources } from "./sealing/records.ts";
import { removeBatches } from "./files/batch.ts";
import { type Shelves, shelves } from "./files/shelf.ts";
import { dropIndex } from "./opened.ts";
import {
  encodeStoreFile,
  folderPattern,
  moved,
  readStoreFile,
  refuseMoved,
  rootOf,
  type StoreFile,
} from "./store_file.ts";
import { write } from "./files/writing.ts";

export interface Change {
  readonly keys: StoreKeys;
  readonly sources: Sources;
  readonly next?: { readonly key: StoreKey; readonly hold: KeyRotation["hold"] };
  readonly content: (shelves: Shelves) => Promise<Content>;
}

/**
 * Replaces the store's content, key or both.
 *
 * @throws {Failure} what `change` throws; `files`; `store-moved` if another process was first. The
 * store is then the old one, or the new one if only cleaning up failed.
 */
export async function succeed(
  system: System,
  file: StoreFile,
  change: Change,
): Promise<{ readonly file: StoreFile; readonly content: Content }> {
  return await changing(system, file, async (now) => {
    // The new key is held as the old one was; another process may have changed that meanwhile.
    const isHeldAlike = now.custody === file.custody &&
      Object.keys(file.kept).every((each) => now.kept[each] === file.kept[each]);
    if (change.next && !isHeldAlike) throw moved(file.home);
    await sweep(system, file.home);
    const current = await finish(system, now);
    const keys = change.next ? await storeKeys(change.next.key.slice()) : change.keys;
    let done: { file: StoreFile; content: Content };
    try {
      done = await switched(system, current, change, keys);
    } catch (error) {
      await sweep(system, file.home).catch(() => {}); // keep the first error
      throw error;
    }
    return { ...done, file: await finish(system, done.file) };
  });
}

/**
 * Does `work` while no other process changes profiles, the key or its custody.
 *
 * @throws {Failure} `store-moved` if another process replaced the store first.
 */
export async function changing<T>(
  system: System,
  file: StoreFile,
  work: (current: StoreFile) => Promise<T>,
): Promise<T> {
  const { files } = system;
  const lock = await files.lock(files.join(file.home, "change.lock"));
  try {
    refuseMoved(system, file);
    removeBatches(system, file.home);
    return await work(readStoreFile(system, file.home) ?? file);
  } finally {
    lock.release();
  }
}

/** Sessions may be saved meanwhile, but not at every try. */
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
    // Create the folder first: if interrupted, its name identifies the key in a keychain.
    system.files.makeFolder(root, 0o700);
    held ??= await change.next?.hold({ home, path: file.path, keyId: keys.id }, change.next.key);
    const oldRoot = rootOf(system, home, file.folder);
    const before = bytesIn(system, oldRoot);
    const content = await change.content(
      shelves(system, home, oldRoot, change.keys, change.sources),
    );
    await fill(system, shelves(system, home, root, keys, change.sources), content);
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
    await removeRoot(system, home, folder);
  }
  throw new Failure("files", `the store ${home} kept changing in the meantime`, "run it again");
}

/** Encrypts the new content into the new folder, which is not read until `store.json` names it. */
async function fill(
  { files }: System,
  {
    profiles,
    sessions,
    narrowed,
    policies,
    folders,
    clients,
    taken,
    portals,
    consoles,
    registries,
  }: Shelves,
  content: Content,
): Promise<void> {
  const made = await Promise.all([
    ...content.profiles.map((profile) => profiles.sealed(profile.name, profile)),
    ...[...content.sessions].map(([name, record]) => sessions.sealed(name, record)),
    ...[...content.narrowed].map(([name, record]) => narrowed.sealed(name, record)),
    ...content.policies.map((each) => policies.sealed(each.name, each)),
    ...content.folders.map((each) => folders.sealed(folderKey(each.path), each)),
    ...content.clients.map((each) => clients.sealed(each.tokenHash, each)),
    ...content.taken.map((each) => taken.sealed(each.series, each)),
    ...content.portals.map((tokens) => portals.sealed(portalKey(tokens.portal), tokens)),
    ...content.registries.map((each) => registries.sealed(registryKey(each.registry), each)),
    ...content.consoles.map((signIn) => consoles.sealed(consoleKey(signIn), signIn)),
  ]);
  for (const folder of new Set(made.map((each) => each.folder))) files.makeFolder(folder, 0o700);
  // Two names that differ only in case are one file.
  const unique = new Map(made.map((each) => [each.path, each]));
  await files.createAll([...unique.values()], 0o600);
}

/** All sealed files below a folder as one text, to detect changes. */
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

/** Removes the previous files, if any. @throws {Failure} commands keep working meanwhile */
export async function finish(system: System, file: StoreFile): Promise<StoreFile> {
  const { before, ...rest } = file;
  if (!before) return file;
  try {
    await removeRoot(system, file.home, before.folder);
    // Sealed with the old key too.
    dropIndex(system, file.home);
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

/** Removes folders and keychain items that an interrupted change left behind. */
async function sweep(system: System, home: string): Promise<void> {
  const file = readStoreFile(system, home);
  if (!file) return;
  const names = unborn(system, file);
  for (const name of names) await removeRoot(system, home, name);
  const ids = new Set(names.map((name) => folderPattern.exec(name)?.[1] ?? ""));
  for (const keyId of ids) {
    if (keyId === file.keyId || keyId === file.before?.keyId) continue;
    await file.custody.drop(system, { ...file, keyId });
  }
}

export function unborn({ files }: System, { home, folder, before }: StoreFile): string[] {
  return files.list(home).filter((name) =>
    folderPattern.test(name) && name !== folder && name !== before?.folder
  );
}

const shelfNames = [
  "profiles",
  "sessions",
  "narrowed",
  "policies",
  "folders",
  "clients",
  "confirmations",
  "taken",
  "assertions",
  "portals",
  "consoles",
  "registries",
];

/** Requires the change lock, and a folder that `store.json` does not name, so it is not in use. */
async function removeRoot({ files }: System, home: string, folder: string): Promise<void> {
  const root = folder === "" ? home : files.join(home, folder);
  for (const each of shelfNames) {
    const shelf = files.join(root, each);
    const names = files.list(shelf).filter((name) => /^[0-9a-f]{32}$/.test(name));
    await files.removeAll(names.map((name) => files.join(shelf, name)));
    // Keep files that athm did not create, and their folder.
    if (files.list(shelf).length === 0) files.remove(shelf);
  }
  if (folder !== "" && files.list(root).length === 0) files.remove(root);
}
