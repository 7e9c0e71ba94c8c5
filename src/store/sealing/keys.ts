// A store has one key of 32 random bytes. It encrypts the files directly (so that any JWE library can
// open them with it), and HKDF (RFC 5869) derives the rest:
//
//     HKDF-SHA-256(key, info "athm store v1") = key id (8 bytes) | unused (8) | name key (32)
//
// The key id distinguishes a wrong key from a damaged file. The name key hides the names of profiles:
// a file's name is HMAC-SHA-256(name key, purpose, name).

import { nameKey } from "../../model/names.ts";

export const keyLength = 32;

/** The store's key, ready for use; its bytes cannot be extracted. */
export interface StoreKeys {
  /** 16 hexadecimal digits that identify the key and reveal nothing about it. */
  readonly id: string;
  readonly sealing: CryptoKey;
  readonly naming: CryptoKey;
}

/** Takes over the key's bytes and zeroes them. */
export async function storeKeys(bytes: Uint8Array<ArrayBuffer>): Promise<StoreKeys> {
  const { subtle } = crypto;
  const [root, sealing] = await Promise.all([
    subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]),
    subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]),
  ]);
  bytes.fill(0);
  const info = new TextEncoder().encode("athm store v1");
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  const derived = new Uint8Array(await subtle.deriveBits(hkdf, root, 48 * 8));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const naming = await subtle.importKey("raw", derived.subarray(16), hmac, false, ["sign"]);
  derived.fill(0, 16);
  return { id: derived.toHex().slice(0, 16), sealing, naming };
}

/** The id of a profile's or session's file: 32 hexadecimal digits, the same for `Name` and `name`. */
export function fileId(keys: StoreKeys, purpose: string, name: string): Promise<string> {
  return hidden(keys, purpose, nameKey(name));
}

/** A keyed hash of `text` for this purpose: 32 hexadecimal digits. */
export async function hidden(keys: StoreKeys, purpose: string, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${purpose}\n${text}`);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", keys.naming, bytes));
  return mac.subarray(0, 16).toHex();
}

/** Accepts either base64 alphabet, with or without padding; nothing unless `keyLength` bytes. */
export function keyFromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const plain = text.trim().replaceAll("-", "+").replaceAll("_", "/").replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]{43}$/.test(plain)) return undefined;
  return Uint8Array.fromBase64(plain);
}
