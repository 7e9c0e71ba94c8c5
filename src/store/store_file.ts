// `store.json` tells where the store's key is. JSON, mode 0600:
//
//     {"v":1,"custody":"file","keyId":"5e7d90ab12cd34ef","key":"<32 bytes, base64>"}
//     {"v":1,"custody":"passphrase","keyId":"…","wrapped":"<JWE, see custody_passphrase.ts>"}
//     {"v":1,"custody":"env","keyId":"…"}
//
//     v        format version; a reader that does not know it reads no further
//     custody  who holds the key: a line of the table below; the fields after keyId are its own
//     keyId    16 hexadecimal digits (see keys.ts): the key that was found must have this id
//
// It is not sealed, having no key to be sealed with. Whoever can write it can only make the store
// unreadable: another key has another id, and opens no file.

import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import type { Begun, Custody, Kept } from "./custody.ts";
import { environment, keyOfEnvironment } from "./custody_environment.ts";
import { keyFile } from "./custody_file.ts";
import { passphrase } from "./custody_passphrase.ts";
import { homeExists, readOwn } from "./home.ts";
import { type StoreKeys, storeKeys } from "./keys.ts";
import { damaged, newer, storeSubject } from "./refusals.ts";

/** All custodies. A new store takes the first that begins; the last always does. */
const custodies: readonly Custody[] = [environment, passphrase, keyFile];

/** What `store.json` says. */
export interface StoreFile {
  readonly path: string;
  readonly custody: Custody;
  readonly keyId: string;
  readonly kept: Kept;
}

const version = 1;
/** Bytes. The longest real one, with a wrapped key, has some 400. */
const limit = 16 * 1024;

export function storeFilePath(system: System, home: string): string {
  return system.files.join(home, "store.json");
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
    if (files.list(files.join(home, "profiles")).length === 0) return undefined;
    throw damaged(subject, "is missing, while profiles are there");
  }
  const fields = parse(bytes);
  if (!fields) throw damaged(subject);
  const { v, custody: kind, keyId, ...kept } = fields;
  if (typeof v === "number" && v > version) throw newer(subject);
  if (v !== version || typeof keyId !== "string" || !/^[0-9a-f]{16}$/.test(keyId)) {
    throw damaged(subject);
  }
  const custody = custodies.find((one) => one.kind === kind);
  if (!custody) throw typeof kind === "string" ? newer(subject) : damaged(subject);
  if (!isKept(custody, kept)) throw damaged(subject);
  return { path, custody, keyId, kept };
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

function isKept({ fields }: Custody, kept: Record<string, unknown>): kept is Kept {
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
  const bytes = given ?? await file.custody.fetch(system, file.path, file.kept);
  if (!bytes) throw damaged(storeSubject(file.path));
  const keys = await storeKeys(bytes);
  if (keys.id === file.keyId) return keys;
  if (!given) throw damaged(storeSubject(file.path));
  throw new Failure(
    "store-key",
    `ATHM_KEY is not the key of the store ${file.path}: it has the id ${keys.id}, not ${file.keyId}`,
    file.custody === environment
      ? "set ATHM_KEY to the key with which the store was made, or ATHM_HOME to another folder"
      : "unset ATHM_KEY, or set ATHM_HOME to another folder",
  );
}

/** A new store's key and its `store.json`, which is not written yet. May ask the person. */
export async function beginStoreFile(
  system: System,
  path: string,
): Promise<{ keys: StoreKeys; bytes: Uint8Array<ArrayBuffer>; notice: string | undefined }> {
  const { custody, begun } = await firstToBegin(system, path);
  const keys = await storeKeys(begun.key);
  const fields = { v: version, custody: custody.kind, keyId: keys.id, ...begun.kept };
  const bytes = new TextEncoder().encode(`${JSON.stringify(fields)}\n`);
  return { keys, bytes, notice: begun.notice };
}

async function firstToBegin(
  system: System,
  path: string,
): Promise<{ custody: Custody; begun: Begun }> {
  for (const custody of custodies) {
    const begun = await custody.begin(system, path);
    if (begun) return { custody, begun };
  }
  throw new Error("unreachable: the key file always begins");
}
