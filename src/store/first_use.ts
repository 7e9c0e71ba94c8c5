import type { System } from "../system/system.ts";
import type { Custody, Held, StoreKey, Whose } from "./custody/custody.ts";
import { environment, keyOfEnvironment } from "./custody/environment.ts";
import { keyFile } from "./custody/file.ts";
import { holdAtFirst } from "./custody/keychain.ts";
import { holdAsked, holdGiven } from "./custody/passphrase.ts";
import { keyLength, type StoreKeys, storeKeys } from "./sealing/keys.ts";
import { custodies, encodeStoreFile } from "./store_file.ts";

type Try = (system: System, whose: Whose, key: StoreKey) => Promise<Held | undefined>;

/** Who may hold a new store's key, in order; the environment has precedence. */
const tries: readonly (readonly [kind: string, hold: Try])[] = [
  ["passphrase", (system, _whose, key) => holdGiven(system, key)],
  ["keychain", holdAtFirst],
  ["passphrase", (system, _whose, key) => holdAsked(system, key)],
  ["file", keyFile.hold],
];

export interface NewStoreFile {
  readonly keys: StoreKeys;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly notice: string | undefined;
  /** Undoes it if another process created the store first. */
  undo(): Promise<unknown>;
}

export async function beginStoreFile(
  system: System,
  { home, path }: Pick<Whose, "home" | "path">,
): Promise<NewStoreFile> {
  const given = keyOfEnvironment(system);
  const key = given ?? system.random(keyLength);
  const keys = await storeKeys(key.slice());
  const whose = { home, path, keyId: keys.id };
  const { custody, kept, notice } = given
    ? { custody: environment, kept: {}, notice: undefined }
    : await firstToHold(system, whose, key);
  key.fill(0);
  const bytes = encodeStoreFile({ custody, keyId: keys.id, kept, folder: "" });
  const undo = () => custody.drop(system, whose).catch(() => false);
  return { keys, bytes, notice, undo };
}

async function firstToHold(
  system: System,
  whose: Whose,
  key: StoreKey,
): Promise<Held & { readonly custody: Custody }> {
  for (const [kind, hold] of tries) {
    const held = await hold(system, whose, key);
    const custody = custodies.find((each) => each.kind === kind);
    if (held && custody) return { ...held, custody };
  }
  throw new Error("unreachable: the key file always holds");
}
