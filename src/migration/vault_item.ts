import { isJsonObject, type JsonObject } from "../model/fields.ts";
import { Failure } from "../model/failure.ts";
import type { KeysSource } from "../model/profile.ts";
import { keysSource } from "./settings.ts";

// An item of aws-vault's file backend (github.com/99designs/keyring, `file.go`) is one compact JWE:
//
//     {"alg":"PBES2-HS256+A128KW","created":TEXT,"enc":"A256GCM","p2c":ROUNDS,"p2s":SALT}
//
// Its content is the item as Go writes it, {"Key":NAME,"Data":BASE64,"Label":…}; Data holds the key as
// an AWS SDK for Go writes it, {"AccessKeyID":…,"SecretAccessKey":…,"SessionToken":…}. The Secret
// Service keeps the item without the JWE, the keychain of macOS its Data alone.

const algorithm = "PBES2-HS256+A128KW";
const encryption = "A256GCM";
/** keyring writes 8,192; do not spend more than a second on a file. */
export const mostRounds = 1_000_000;
const fewestRounds = 1_000;
/** The largest item in bytes. */
export const itemLimit = 64 * 1024;

/** Nothing for a wrong passphrase or a modified item. @throws {Failure} `source` */
export async function openItem(bytes: Uint8Array, passphrase: string): Promise<string | undefined> {
  const token = await checkedToken(bytes);
  const { compactDecrypt } = await import("jose");
  try {
    const { plaintext } = await compactDecrypt(token, new TextEncoder().encode(passphrase), {
      keyManagementAlgorithms: [algorithm],
      contentEncryptionAlgorithms: [encryption],
      maxPBES2Count: mostRounds,
    });
    return new TextDecoder().decode(plaintext);
  } catch {
    return undefined;
  }
}

/** Checks the rounds before computing them. */
async function checkedToken(bytes: Uint8Array): Promise<string> {
  if (bytes.length > itemLimit) throw misfit("it is too large");
  const token = new TextDecoder().decode(bytes).trim();
  const { decodeProtectedHeader } = await import("jose");
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw misfit("not an encrypted aws-vault item");
  }
  const { alg, enc, p2c } = header;
  if (alg !== algorithm || enc !== encryption || token.split(".").length !== 5) {
    throw misfit("not encrypted as aws-vault does it");
  }
  const isCount = typeof p2c === "number" && Number.isInteger(p2c);
  if (!isCount || p2c < fewestRounds || p2c > mostRounds) {
    throw misfit(`the iteration count is not between ${fewestRounds} and ${mostRounds}`);
  }
  return token;
}

/** The Data of an item. @throws {Failure} `source` if it has another name. Never quotes it */
export function dataOf(item: string, name: string): string {
  const { Key, Data } = objectIn(item, "the item");
  if (Key !== name) throw misfit("it belongs to another name");
  if (typeof Data !== "string") throw misfit("it contains no data");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(Data));
  } catch {
    throw misfit("its data is not base64 of text");
  }
}

/** The key in an item's Data. @throws {Failure} `source`, `usage`. Never quotes it */
export function keyIn(data: string): KeysSource {
  const { AccessKeyID, SecretAccessKey, SessionToken } = objectIn(data, "its data");
  if (typeof AccessKeyID !== "string" || typeof SecretAccessKey !== "string") {
    throw misfit("it contains no access key");
  }
  if (SessionToken) throw misfit("its key is temporary");
  return keysSource(AccessKeyID, SecretAccessKey);
}

function objectIn(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw misfit(`${what} is not JSON`);
  }
  if (isJsonObject(value)) return value;
  throw misfit(`${what} is not a JSON object`);
}

function misfit(what: string): Failure {
  return new Failure("source", what);
}
