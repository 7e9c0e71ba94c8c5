// `athm store unlock` keeps the store's key off the disk for a few hours:
//
//     $XDG_RUNTIME_DIR/athm/<key id>     {"v":1,"until":1767225600000,"key":"<base64>"}, mode 0600
//
// That folder is private to the user, in memory, and removed at logout. Without it, the keychain
// holds `UNTIL:KEY`, and `unlocked.json` in the store's folder says so, to avoid starting a helper
// program in vain:
//
//     {"v":1,"keyId":"…","until":1767225600000,"held":"<what the keychain needs>"}
//
// Any process of the user can read the key while the store is unlocked, just as it could wait for
// the passphrase to be typed. Files with a past `until` are ignored and removed.

import { isJsonObject, type JsonObject } from "../../model/fields.ts";
import { Failure, onFailure, valueOr } from "../../model/failure.ts";
import { type FileFacts, hasNoRight } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { Custody, StoreKey, Whose } from "./custody.ts";
import { keyFromBase64, type StoreKeys, storeKeys } from "../sealing/keys.ts";
import { write } from "../files/writing.ts";

/** Milliseconds: the passphrase must be typed at least once a day. */
export const longestUnlock: number = 24 * 60 * 60 * 1000;

const limit = 16 * 1024;

/** The key of an unlocked store; nothing if it is locked or has expired. Never throws. */
export async function unlockedKeys(system: System, file: Whose): Promise<StoreKeys | undefined> {
  try {
    const key = keyInMemory(system, file)?.key ?? await keyInKeychain(system, file);
    const keys = key && await storeKeys(key);
    return keys?.id === file.keyId ? keys : undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Continue with the custody, as if the store were locked.
    system.trace("not unlocked", { why: error.message });
    return undefined;
  }
}

/** Until when the store is unlocked, in milliseconds since 1970. Never throws. */
export function unlockedUntil(system: System, file: Whose): number | undefined {
  return valueOr(() => keyInMemory(system, file)?.until ?? noted(system, file)?.until, undefined);
}

/** @throws {Failure} `store-key` if it could only be kept on disk */
export async function unlock(
  system: System,
  file: Whose & { readonly custody: Pick<Custody, "kind"> },
  key: StoreKey,
  until: number,
): Promise<void> {
  const folder = await memoryFolder(system);
  if (folder !== undefined) {
    const text = JSON.stringify({ v: 1, until, key: key.toBase64() });
    const { files } = system;
    files.makeFolder(folder, 0o700);
    await write(system, folder, (writer) => {
      writer.replace(folder, files.join(folder, file.keyId), new TextEncoder().encode(text));
    });
    return;
  }
  const { keychainOf, patienceOf } = await import("./keychain.ts");
  const keychain = keychainOf(system);
  if (file.custody.kind === "keychain" || keychain.absent(system) !== undefined) {
    throw new Failure(
      "store-key",
      "cannot keep the key in memory: XDG_RUNTIME_DIR is not a folder in memory" +
        (file.custody.kind === "keychain" ? "" : ", and there is no keychain"),
      "log in through a session manager (systemd-logind creates that folder)" +
        (file.custody.kind === "passphrase" ? ", or set ATHM_PASSPHRASE_FILE" : ""),
    );
  }
  const text = `${until}:${key.toBase64()}`;
  const held = await keychain.save(system, itemOf(file), text, patienceOf(system));
  const note = JSON.stringify({ v: 1, keyId: file.keyId, until, held });
  await write(system, file.home, (writer) => {
    writer.replace(file.home, notePath(system, file), new TextEncoder().encode(note));
  });
}

/** Forgets the key; false if the store was not unlocked. */
export async function lock(system: System, file: Whose): Promise<boolean> {
  const { files } = system;
  const folder = runtimeFolder(system);
  let found = false;
  if (folder !== undefined && files.facts(folder)) {
    found = await write(system, folder, (writer) => writer.remove(files.join(folder, file.keyId)));
  }
  if (files.facts(notePath(system, file))) {
    const { keychainOf, patienceOf } = await import("./keychain.ts");
    await keychainOf(system).clear(system, itemOf(file), patienceOf(system));
    await write(system, file.home, (writer) => writer.remove(notePath(system, file)));
    found = true;
  }
  return found;
}

function itemOf({ keyId }: Whose) {
  return { id: `${keyId}-unlocked`, label: `athm store ${keyId}, unlocked` };
}

function notePath({ files }: System, { home }: Whose): string {
  return files.join(home, "unlocked.json");
}

/** Where the key would be; nothing if the system or session has no such folder. */
function runtimeFolder({ env, files, platform, userId }: System): string | undefined {
  const runtime = env.get("XDG_RUNTIME_DIR");
  if (platform !== "linux" || !runtime?.startsWith("/")) return undefined;
  const facts = probed(files, runtime);
  // Access to the folder is access to the key: the XDG Base Directory Specification 0.8 requires
  // mode 0700 and the user as owner. `su` and `sudo -E` keep another user's variable.
  const isOwn = facts?.kind === "folder" && ((facts.mode ?? 0) & 0o077) === 0 &&
    facts.owner === userId();
  return isOwn ? files.join(runtime, "athm") : undefined;
}

function probed(files: System["files"], path: string): FileFacts | undefined {
  try {
    return files.facts(path);
  } catch (error) {
    if (error instanceof Failure && hasNoRight(error)) return undefined;
    throw error;
  }
}

/** The same folder if it is in memory, which the specification does not require. */
async function memoryFolder(system: System): Promise<string | undefined> {
  const folder = runtimeFolder(system);
  if (folder === undefined) return undefined;
  const args = ["-f", "-c", "%T", system.env.get("XDG_RUNTIME_DIR") ?? ""];
  const { storeVariables: unset } = await import("../../model/variables.ts");
  const asked = { command: "stat", args, set: {}, unset, seconds: 5, bytes: 1024, quiet: true };
  const outcome = await system.children.help(asked).catch(onFailure(undefined));
  return /^(tmpfs|ramfs)$/.test(outcome?.stdout.trim() ?? "") ? folder : undefined;
}

function keyInMemory(system: System, file: Whose): { key: StoreKey; until: number } | undefined {
  const { files } = system;
  const folder = runtimeFolder(system);
  if (folder === undefined) return undefined;
  const path = files.join(folder, file.keyId);
  const found = fieldsOf(system, path);
  if (!found) return undefined;
  const key = typeof found.key === "string" ? keyFromBase64(found.key) : undefined;
  if (key && isNow(system, found.until)) return { key, until: found.until };
  files.remove(path);
  return undefined;
}

function noted(
  system: System,
  file: Whose,
): { readonly until: number; readonly held: string } | undefined {
  const { keyId, until, held } = fieldsOf(system, notePath(system, file)) ?? {};
  const fits = keyId === file.keyId && typeof held === "string" && isNow(system, until);
  return fits ? { until, held } : undefined;
}

async function keyInKeychain(system: System, file: Whose): Promise<StoreKey | undefined> {
  if (!system.files.facts(notePath(system, file))) return undefined;
  const note = noted(system, file);
  if (!note) {
    await lock(system, file);
    return undefined;
  }
  const { keychainOf, patienceOf } = await import("./keychain.ts");
  const text = await keychainOf(system).load(system, itemOf(file), note.held, patienceOf(system));
  const [until, key = ""] = (text ?? "").split(":");
  return isNow(system, Number(until)) ? keyFromBase64(key) : undefined;
}

/** A time beyond the longest unlock means that the clock was set back. */
function isNow(system: System, until: unknown): until is number {
  const left = typeof until === "number" ? until - system.now() : 0;
  return left > 0 && left <= longestUnlock;
}

function fieldsOf({ files }: System, path: string): JsonObject | undefined {
  const facts = files.facts(path);
  if (facts?.kind !== "file" || ((facts.mode ?? 0) & 0o077) !== 0 || facts.size > limit) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(files.read(path)));
    return isJsonObject(value) && value.v === 1 ? value : {};
  } catch (error) {
    if (error instanceof Failure) throw error;
    return {};
  }
}
