import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { keyOfEnvironment } from "./custody/environment.ts";
import { keyLength } from "./sealing/keys.ts";
import type { Sources } from "./sealing/records.ts";
import { damaged, storeSubject } from "./files/refusals.ts";
import { checked, type StoreFile } from "./store_file.ts";
import { type Content, contentOf, finish, type SharedNames, succeed } from "./succession.ts";

/** The result of `rekey`: a new key, or an interrupted change finished. */
export type Rekeyed =
  | { readonly kind: "anew"; readonly keyId: string; readonly content: Content }
  | { readonly kind: "finished"; readonly keyId: string };

/**
 * Gives the store a new key in the same custody and re-encrypts everything. If interrupted, the
 * store has the old key or the new one, and the next call continues.
 *
 * @throws {Failure} `store-key` if athm cannot change the key, or any error of opening the store.
 */
export async function rekey(
  system: System,
  file: StoreFile,
  sources: Sources,
  sharedNames: SharedNames,
): Promise<Rekeyed> {
  if (file.before && file.before.keyId !== file.keyId) {
    const { keyId } = await finish(system, file);
    return { kind: "finished", keyId };
  }
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
