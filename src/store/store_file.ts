// `store.json` tells where the store's key is. JSON, mode 0600:
//
//     {"v":1,"custody":"file","keyId":"5e7d90ab12cd34ef","key":"<32 bytes, base64>"}
//     {"v":1,"custody":"passphrase","keyId":"…","wrapped":"<JWE, see custody/passphrase.ts>"}
//     {"v":1,"custody":"keychain","keyId":"…","held":"<see custody/keychain.ts>"}
//     {"v":1,"custody":"env","keyId":"…"}
//     {"v":2,…,"folder":"5e7d90ab12cd34ef-0badcafe"}
//     {"v":2,…,"folder":"…","old":"","oldKey":"<16 hexadecimal digits>"}
//
//     v        format version; a reader that does not know it reads no further
//     custody  who holds the key: a line of the table below; the fields after keyId are its own
//     keyId    16 hexadecimal digits (see sealing/keys.ts): the key that was found must have this id
//     folder   the folder in the store's that the sealed files are in; absent: the store's own
//     old      the one that they were in before, which is still to be removed, with the key it had
//              (succession.ts)
//
// It is not sealed, having no key to be sealed with. Whoever can write it can only make the store
// unreadable: another key has another id, and opens no file.

import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { type Custody, type CustodyFields, lazy, type StoreKey } from "./custody/custody.ts";
import { environment, keyOfEnvironment } from "./custody/environment.ts";
import { keyFile } from "./custody/file.ts";
import { homeExists, readOwn, refuseOpenFolder } from "./files/home.ts";
import { type StoreKeys, storeKeys } from "./sealing/keys.ts";
import { damaged, newer, storeSubject } from "./files/refusals.ts";

/** All custodies. What a key file or ATHM_KEY does not need is loaded when it is used. */
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

/** What `store.json` says of the store. */
export interface StoreFacts {
  readonly custody: Custody;
  readonly keyId: string;
  readonly kept: CustodyFields;
  /** Where the sealed files are, in the store's folder; empty: that itself. */
  readonly folder: string;
  /** Where they were before, if that is still to be removed. */
  readonly before?: { readonly folder: string; readonly keyId: string };
}

export interface StoreFile extends StoreFacts {
  readonly home: string;
  readonly path: string;
}

/** The version of a store that was never made anew, and of one that was. */
const versions = { first: 1, inFolder: 2 };
/** Bytes. The longest real one, with a wrapped key, has some 400. */
const limit = 16 * 1024;

const idPattern = /^[0-9a-f]{16}$/;
/** Names of folders that sealed files move to: the key's id, and a random end. */
export const folderPattern: RegExp = /^([0-9a-f]{16})-[0-9a-f]{8}$/;

export function storeFilePath(system: System, home: string): string {
  return system.files.join(home, "store.json");
}

/** The folder that holds the folders of sealed files. */
export function rootOf({ files }: System, home: string, folder: string): string {
  return folder === "" ? home : files.join(home, folder);
}

/**
 * Reads `store.json`; nothing when there is no store.
 *
 * @throws {Failure} `store-open`, `store-newer` or `store-damaged`.
 */
export function readStoreFile(system: System, home: string): StoreFile | undefined {
  if (!homeExists(system, home)) return undefined;
  const { files } = system;
  const path = storeFilePath(system, home);
  const subject = storeSubject(path);
  const bytes = readOwn(system, home, subject, limit);
  if (!bytes) {
    // A new key would hide that profiles are there which nobody can open any more.
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
    // A folder that is not there would be taken for a store without profiles.
    if (!folder.startsWith(keyId) || !root) {
      throw damaged(subject, `refers to the folder ${folder}, which does not exist`);
    }
    refuseOpenFolder(system, home, files.join(home, folder), root);
  }
  const file = { home, path, custody, keyId, kept, folder };
  if (old === undefined && oldKey === undefined) return file;
  // The current folder must never be taken for the one to be removed.
  if (!isFolder(old) || !isId(oldKey) || old === folder) throw damaged(subject);
  return { ...file, before: { folder: old, keyId: oldKey } };
}

/** True for a store in that folder whose key is in a keychain by this id; in doubt, too. */
function needsKeychain(system: System, home: string, keyId: string): boolean {
  try {
    const file = readStoreFile(system, home);
    return file?.custody.kind === "keychain" && [file.keyId, file.before?.keyId].includes(keyId);
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

/** @throws {Failure} `store-key` when all was sealed anew since `file` was read. */
export function refuseMoved(system: System, { home, keyId, folder }: StoreFile): void {
  const now = readStoreFile(system, home);
  if (now?.keyId === keyId && now.folder === folder) return;
  throw new Failure(
    "store-moved",
    `the store ${home} was replaced in the meantime, by a rekey or a restore`,
    "run it again",
  );
}

/** The bytes of a `store.json`. */
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

/** The format version that `store.json` has for sealed files in this folder. */
export function versionOf(folder: string): number {
  return folder === "" ? versions.first : versions.inFolder;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && idPattern.test(value);
}

function isFolder(value: unknown): value is string {
  return typeof value === "string" && (value === "" || folderPattern.test(value));
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined; // the parser's message quotes the text
  }
}

function isKept({ fields }: Custody, kept: Record<string, unknown>): kept is CustodyFields {
  return Object.keys(kept).length === fields.length &&
    fields.every((field) => Object.hasOwn(kept, field) && typeof kept[field] === "string");
}

/**
 * The store's key: from `ATHM_KEY` where that is set, whoever else holds it, else from its custody.
 *
 * @throws {Failure} `store-key` when it is not to be had or another one was given, `store-damaged`
 * when what `store.json` keeps is no key or another one.
 */
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

/**
 * The key, asked of its holder even while it is unlocked, for whoever hands it on.
 *
 * @throws {Failure} as `fetchKeys`.
 */
export async function fetchKey(system: System, file: StoreFile): Promise<StoreKey> {
  const given = keyOfEnvironment(system);
  const key = given ?? await file.custody.fetch(system, file, file.kept);
  await checked(file, key?.slice(), given !== undefined);
  return key!;
}

/** The key made ready for use, when it is the store's. Takes its bytes over. */
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
