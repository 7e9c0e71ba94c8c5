import { Failure, onFailure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import {
  custodies,
  encodeStoreFile,
  fetchKey,
  moved,
  needsKeychain,
  type StoreFile,
} from "./store_file.ts";
import { changing } from "./succession.ts";
import { lock } from "./custody/unlock.ts";
import { write } from "./files/writing.ts";

/** The custodies a person can choose; a key in ATHM_KEY is managed outside athm. */
export const custodyKinds: readonly string[] = ["keychain", "passphrase", "file"];

/**
 * Moves the store's key to another custody; the sealed files are unchanged. The new custody holds
 * it before `store.json` says so, and the old one drops it last.
 *
 * @throws {Failure} if the key is unavailable or the new custody cannot hold it; `store-moved` if
 * another process was first.
 */
export async function changeCustody(
  system: System,
  file: StoreFile,
  kind: string,
): Promise<{ readonly notice: string | undefined }> {
  const custody = custodies.find((each) => each.kind === kind);
  if (!custody) throw new Error(`unknown custody: ${kind}`);
  // Wait for a rekey before the prompt, not after it.
  await changing(system, file, () => Promise.resolve());
  const key = await fetchKey(system, file);
  const held = kind === "passphrase" && file.custody === custody
    // The environment then holds the current passphrase.
    ? await (await import("./custody/passphrase.ts")).holdAnew(system, key)
    : await custody.hold(system, file, key);
  key.fill(0);
  try {
    await changing(system, file, async (current) => {
      // Another process may also have changed the custody.
      const isSame = encodeStoreFile(current).toHex() === encodeStoreFile(file).toHex();
      if (!isSame) throw moved(file.home);
      // Another process may have removed it as a leftover.
      if (custody.kind === "keychain") await custody.fetch(system, file, held.kept);
      const bytes = encodeStoreFile({ ...file, custody, kept: held.kept });
      await write(system, file.home, (writer) => writer.replace(file.home, file.path, bytes));
    });
  } catch (error) {
    const isLate = error instanceof Failure && error.code === "store-moved";
    // No longer the store's key, unless another process chose the keychain too.
    const isUsed = isLate && needsKeychain(system, file.home, file.keyId);
    if (isLate && !isUsed) await custody.drop(system, file).catch(() => false);
    throw error;
  }
  // The store already uses the new custody, so later failures do not undo it.
  await tidy(system, { ...file, custody }, file.custody.kind === "keychain").catch((error) => {
    if (!(error instanceof Failure)) throw error;
    system.say(`athm: warning: could not remove the key from its previous place: ${error.message}`);
    system.say(`athm: hint: run athm store custody ${kind} again to remove it`);
  });
  return { notice: held.notice };
}

/** Removes leftover copies of the key from other custodies and interrupted changes. */
export async function tidy(system: System, file: StoreFile, wasInKeychain: boolean): Promise<void> {
  try {
    if (file.custody.kind !== "keychain") {
      await changing(system, file, async () => {
        // Another process may have chosen the keychain again.
        if (needsKeychain(system, file.home, file.keyId)) return;
        await forget(system, file, wasInKeychain);
      });
    }
  } finally {
    await lock(system, file);
  }
}

async function forget(system: System, file: StoreFile, wasThere: boolean): Promise<void> {
  const { keychainOf } = await import("./custody/keychain.ts");
  const keychain = custodies.find(({ kind }) => kind === "keychain");
  const gone = await keychain?.drop(system, file).catch(onFailure(false));
  if (gone || !wasThere) return;
  const { title } = keychainOf(system);
  system.say(
    `athm: warning: ${title} may still hold the key; remove the item "athm store ${file.keyId}" there`,
  );
}
