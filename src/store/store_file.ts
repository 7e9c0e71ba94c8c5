// `store.json` describes where the store's key is. JSON, mode 0600:
//
//     {"v":1,"custody":"file","keyId":"5e7d90ab12cd34ef","key":"<32 bytes, base64>"}
//     {"v":1,"custody":"passphrase","keyId":"…","wrapped":"<JWE, see custody/passphrase.ts>"}
//     {"v":1,"custody":"keychain","keyId":"…","held":"<see custody/keychain.ts>"}
//     {"v":1,"custody":"env","keyId":"…"}
//     {"v":2,…,"folder":"5e7d90ab12cd34ef-0badcafe"}
//     {"v":2,…,"folder":"…","old":"","oldKey":"<16 hexadecimal digits>"}
//
//     v        format version; readers stop at an unknown one
//     custody  who holds the key: an entry of the table below, which owns the fields after keyId
//     keyId    16 hexadecimal digits (see sealing/keys.ts), which the key must match
//     folder   the folder of the sealed files inside the store's; default: the store's own
//     old      their previous folder, still to be removed, with its key (succession.ts)
//
// It is not encrypted, having no key of its own. Modifying it can only make the store unreadable:
// another key has another id and opens no file.

import { Failure } from "../model/failure.ts";
import { isJsonObject, type JsonObject } from "../model/fields.ts";
import type { System } from "../system/system.ts";
import { type Custody, type CustodyFields, lazy, type StoreKey } from "./custody/custody.ts";
import { environment, keyOfEnvironment } from "./custody/environment.ts";
import { keyFile } from "./custody/file.ts";
import { homeExists, readOwn, refuseOpenFolder } from "./files/home.ts";
import { type StoreKeys, storeKeys } from "./sealing/keys.ts";
import { damaged, newer, storeSubject } from "./files/refusals.ts";

/** All custodies. Those that start programs or prompt are loaded only when used. */
export const custodies: readonly Custody[] = [
  environment,
  lazy(
    { kind: "passphrase", fields: ["wrapped"], locks: true },
    async () => (await import("./custody/passphrase.ts")).passphrase,
  ),
  lazy(
    { kind: "keychain", fields: ["held"], locks: true },
    async () => (await import("./custody/keychain.ts")).keychainCustody(needsKeychain),
  ),
  keyFile,
];

export interface StoreFacts {
  readonly custody: Custody;
  readonly keyId: string;
  readonly kept: CustodyFields;
  /** The folder of the sealed files inside the store's; empty for the store's own. */
  readonly folder: string;
  /** The previous folder, if it still has to be removed. */
  readonly before?: { readonly folder: string; readonly keyId: string };
}

export interface StoreFile extends StoreFacts {
  readonly home: string;
  readonly path: string;
}

/** Versions of a store that was never rekeyed, and of one that was. */
const versions = { first: 1, inFolder: 2 };
/** Bytes; the longest real one, with a wrapped key, has about 400. */
const limit = 16 * 1024;

const idPattern = /^[0-9a-f]{16}$/;
/** Folders of sealed files: the key's id and a random suffix. */
export const folderPattern: RegExp = /^([0-9a-f]{16})-[0-9a-f]{8}$/;

export function storeFilePath(system: System, home: string): string {
  return system.files.join(home, "store.json");
}

export function rootOf({ files }: System, home: string, folder: string): string {
  return folder === "" ? home : files.join(home, folder);
}

/** Nothing if there is no store. @throws {Failure} `store-open`, `store-newer`, `store-damaged` */
export function readStoreFile(system: System, home: string): StoreFile | undefined {
  if (!homeExists(system, home)) return undefined;
  const { files } = system;
  const path = storeFilePath(system, home);
  const subject = storeSubject(path);
  const bytes = readOwn(system, home, subject, limit);
  if (!bytes) {
    // A new key would make existing profiles unreadable for good.
    const isEmpty = files.list(files.join(home, "profiles")).length === 0 &&
      !files.list(home).some((name) => folderPattern.test(name));
    if (isEmpty) return undefined;
    throw damaged(subject, "is missing, but profiles exist");
  }
  const fields = parse(bytes);
  if (!fields) throw damaged(subject);
  const { v, custody: kind, keyId, folder = "", old, oldKey, ...kept } = fields;
  if (typeof v === "number" && v > versions.inFolder) throw newer(subject);
  if (!isId(keyId) || !isFolder(folder) || v !== versionOf(folder)) throw damaged(subject);
  const custody = custodies.find((one) => one.kind === kind);
  if (!custody) throw typeof kind === "string" ? newer(subject) : damaged(subject);
  if (!isKept(custody, kept)) throw damaged(subject);
  if (folder !== "") {
    const root = files.facts(files.join(home, folder));
    // A missing folder would look like a store without profiles.
    if (!folder.startsWith(keyId) || !root) {
      throw damaged(subject, `refers to the folder ${folder}, which does not exist`);
    }
    refuseOpenFolder(system, home, files.join(home, folder), root);
  }
  const file = { home, path, custody, keyId, kept, folder };
  if (old === undefined && oldKey === undefined) return file;
  // The current folder must never be removed as the previous one.
  if (!isFolder(old) || !isId(oldKey) || old === folder) throw damaged(subject);
  return { ...file, before: { folder: old, keyId: oldKey } };
}

/** True if the store in that folder has its key in a keychain under this id, or in doubt. */
export function needsKeychain(system: System, home: string, keyId: string): boolean {
  try {
    const file = readStoreFile(system, home);
    return file?.custody.kind === "keychain" && [file.keyId, file.before?.keyId].includes(keyId);
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

/** @throws {Failure} `store-moved` if the store was rekeyed or restored since `file` was read. */
export function refuseMoved(system: System, { home, keyId, folder }: StoreFile): void {
  const now = readStoreFile(system, home);
  if (now?.keyId !== keyId || now.folder !== folder) throw moved(home);
}

export function moved(home: string): Failure {
  return new Failure(
    "store-moved",
    `the store ${home} was replaced in the meantime, by a rekey or a restore`,
    "run it again",
  );
}

export function encodeStoreFile(facts: StoreFacts): Uint8Array<ArrayBuffer> {
  const { custody, keyId, kept, folder, before } = facts;
  const fields = {
    v: versionOf(folder),
    custody: custody.kind,
    keyId,
    ...folder === "" ? {} : { folder },
    ...before && { old: before.folder, oldKey: before.keyId },
    ...kept,
  };
  return new TextEncoder().encode(`${JSON.stringify(fields)}\n`);
}

export function versionOf(folder: string): number {
  return folder === "" ? versions.first : versions.inFolder;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && idPattern.test(value);
}

function isFolder(value: unknown): value is string {
  return typeof value === "string" && (value === "" || folderPattern.test(value));
}

function parse(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // the parser's message quotes the text
  }
}

function isKept({ fields }: Custody, kept: Record<string, unknown>): kept is CustodyFields {
  return Object.keys(kept).length === fields.length &&
    fields.every((field) => Object.hasOwn(kept, field) && typeof kept[field] === "string");
}

/** From `ATHM_KEY` if set, else from its custody. @throws {Failure} `store-key`, `store-damaged` */
export async function fetchKeys(system: System, file: StoreFile): Promise<StoreKeys> {
  const given = keyOfEnvironment(system);
  if (given) return await checked(file, given, true);
  if (file.custody.locks) {
    const { unlockedKeys } = await import("./custody/unlock.ts");
    const keys = await unlockedKeys(system, file);
    if (keys) return keys;
  }
  return await checked(file, await file.custody.fetch(system, file, file.kept), false);
}

/** The key from its custody even while the store is unlocked. @throws {Failure} as `fetchKeys` */
export async function fetchKey(system: System, file: StoreFile): Promise<StoreKey> {
  const given = keyOfEnvironment(system);
  const key = given ?? await file.custody.fetch(system, file, file.kept);
  await checked(file, key?.slice(), given !== undefined);
  return key!;
}

/** Checks that the key is the store's and takes over its bytes. */
export async function checked(
  file: StoreFile,
  key: StoreKey | undefined,
  given: boolean,
): Promise<StoreKeys> {
  if (!key) throw damaged(storeSubject(file.path));
  const keys = await storeKeys(key);
  if (keys.id === file.keyId) return keys;
  if (!given) throw damaged(storeSubject(file.path));
  throw new Failure(
    "store-key",
    `ATHM_KEY is not the key of the store ${file.path}: its ID is ${keys.id}, not ${file.keyId}`,
    file.custody === environment
      ? "set ATHM_KEY to the key that the store was created with, or ATHM_HOME to another folder"
      : "unset ATHM_KEY, or set ATHM_HOME to another folder",
  );
}
