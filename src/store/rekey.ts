import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { keyOfEnvironment } from "./custody/environment.ts";
import { keyLength } from "./sealing/keys.ts";
import type { Sources } from "./sealing/records.ts";
import { damaged, storeSubject } from "./files/refusals.ts";
import { untilItStays } from "./opened.ts";
import { checked, moved, type StoreFile } from "./store_file.ts";
import { type Content, contentOf, type SharedNames } from "./content.ts";
import { changing, finish, succeed } from "./succession.ts";

/** The result of `rekey`: a new key, or an interrupted change finished. */
export type Rekeyed =
  | { readonly kind: "anew"; readonly keyId: string; readonly content: Content }
  | { readonly kind: "finished"; readonly keyId: string };

/**
 * Gives the store a new key in the same custody and re-encrypts everything. If interrupted, the
 * store has the old key or the new one, and the next call continues. Waits for other changes.
 *
 * @param find reads `store.json`
 * @throws {Failure} `store-key` if athm cannot change the key, or any error of opening the store.
 */
export function rekey(
  system: System,
  find: () => StoreFile,
  sources: Sources,
  sharedNames: SharedNames,
): Promise<Rekeyed> {
  return untilItStays(async () => {
    const file = find();
    if (file.before && file.before.keyId !== file.keyId) return await finishEarlier(system, file);
    return await rekeyNow(system, file, sources, sharedNames);
  });
}

async function finishEarlier(system: System, file: StoreFile): Promise<Rekeyed> {
  return await changing(system, file, async (current) => {
    // The process that changed the key has finished it itself.
    if (!current.before) throw moved(file.home);
    const { keyId } = await finish(system, current);
    return { kind: "finished", keyId };
  });
}

async function rekeyNow(
  system: System,
  file: StoreFile,
  sources: Sources,
  sharedNames: SharedNames,
): Promise<Rekeyed> {
  if (file.custody.kind !== "env" && keyOfEnvironment(system)) {
    throw new Failure(
      "store-key",
      "ATHM_KEY is set: a new key would lock out everyone who uses it",
      "unset ATHM_KEY",
    );
  }
  const rotation = await file.custody.startRotation(system, file, file.kept);
  if (!rotation) throw damaged(storeSubject(file.path));
  const keys = await checked(file, rotation.key, false);
  const key = system.random(keyLength);
  const done = await succeed(system, file, {
    keys,
    sources,
    next: { key, hold: rotation.hold },
    content: (shelves) => contentOf(shelves, sharedNames, { withoutDamaged: false }),
  });
  key.fill(0);
  return { kind: "anew", keyId: done.file.keyId, content: done.content };
}
