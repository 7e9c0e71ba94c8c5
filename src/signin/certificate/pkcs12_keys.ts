import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import forge from "node-forge/lib/forge.js";
import "node-forge/lib/pbe.js";
import "node-forge/lib/sha512.js";
import {
  berInteger,
  berList,
  berOctets,
  berOid,
  type BerValue,
  bytesOf,
  charactersOf,
} from "./ber.ts";

/**
 * A passphrase of a file. Without characters it is encoded as a terminator by some programs, and as
 * nothing (`undefined`) by others.
 */
export type FilePassphrase = string | undefined;

/**
 * Counts the work of key derivation beforehand: 1 for each iteration of PBKDF2, which is native, and
 * each hash that the key is made of. Without iterations, it is 0.
 *
 * @throws {Error} if it is too much for one file
 */
export type Spend = (work: number) => void;

/**
 * Takes about 6 s on a small machine. Firefox makes three keys of 600,000 iterations each: with SHA-1
 * in PBKDF2 for 256 bits, that is 4.8 million.
 */
export const mostWork = 5_000_000;

/** An algorithm that athm does not know, for the caller to name the file. */
export class UnknownAlgorithm extends Error {}

const pbkdf2Oid = "1.2.840.113549.1.5.12";
const pbes2Oid = "1.2.840.113549.1.5.13";
const pbmac1Oid = "1.2.840.113549.1.5.14";

/** For PBKDF2 and HMAC (RFC 8018, appendix B.1). */
const hmacs: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};

const hashes: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

interface BlockCipher {
  /** In bytes. */
  readonly keyLength: number;
  readonly begin: (key: string, iv: string) => Decipher;
}

interface Decipher {
  update(data: unknown): void;
  /** False if the padding is wrong. */
  finish(): boolean;
  readonly output: { getBytes(): string };
}

const block = (name: string, keyLength: number): BlockCipher => ({
  keyLength,
  begin: (key, iv) => {
    const cipher = forge.cipher.createDecipher(name, key);
    cipher.start({ iv });
    return cipher;
  },
});

const rc2 = (bits: number): BlockCipher => ({
  keyLength: bits / 8,
  begin: (key, iv) => {
    const cipher = forge.rc2.createDecryptionCipher(key, bits);
    cipher.start(iv, null);
    return cipher;
  },
});

/** RFC 8018, appendix B.2, and RFC 3565. */
const modern: Readonly<Record<string, BlockCipher>> = {
  "2.16.840.1.101.3.4.1.2": block("AES-CBC", 16),
  "2.16.840.1.101.3.4.1.22": block("AES-CBC", 24),
  "2.16.840.1.101.3.4.1.42": block("AES-CBC", 32),
  "1.2.840.113549.3.7": block("3DES-CBC", 24),
};

/** RFC 7292, appendix C: what Windows, macOS and older programs export. */
const legacy: Readonly<Record<string, BlockCipher>> = {
  "1.2.840.113549.1.12.1.3": block("3DES-CBC", 24),
  "1.2.840.113549.1.12.1.5": rc2(128),
  "1.2.840.113549.1.12.1.6": rc2(40),
};

/**
 * Decrypts with a key made of the passphrase (RFC 7292, RFC 8018).
 *
 * @returns nothing if the padding is wrong, as with a wrong passphrase
 * @throws {UnknownAlgorithm}
 * @throws {Error} for damaged parameters, and what `spend` throws
 */
export async function decrypted(
  algorithm: BerValue | undefined,
  data: string,
  passphrase: FilePassphrase,
  spend: Spend,
): Promise<string | undefined> {
  const [id, parameters] = berList(algorithm);
  const oid = berOid(id);
  if (oid === pbes2Oid) {
    const [derivation, scheme] = berList(parameters);
    const [cipherId, iv] = berList(scheme);
    const cipher = known(modern, berOid(cipherId));
    const key = await pbkdf2Key(derivation, passphrase, cipher.keyLength, spend);
    return deciphered(cipher, charactersOf(key), berOctets(iv), data);
  }
  const cipher = known(legacy, oid);
  const [salt, count] = berList(parameters);
  const iterations = berInteger(count);
  spend(legacyWork("sha1", iterations, cipher.keyLength) + legacyWork("sha1", iterations, 8));
  const derive = (purpose: number, length: number) =>
    pkcs12Key("sha1", passphrase, berOctets(salt), purpose, iterations, length);
  return deciphered(cipher, derive(1, cipher.keyLength), derive(2, 8), data);
}

/** The parts of a file's MAC. */
export interface Pkcs12Mac {
  readonly algorithm: BerValue;
  readonly digest: string;
  readonly salt: string;
  readonly iterations: number;
}

/** Whether the MAC of the content is the passphrase's (RFC 7292, RFC 9579). @throws as `decrypted` */
export async function macFits(
  { algorithm, digest, salt, iterations }: Pkcs12Mac,
  content: string,
  passphrase: FilePassphrase,
  spend: Spend,
): Promise<boolean> {
  const [id, parameters] = berList(algorithm);
  const oid = berOid(id);
  const expected = bytesOf(digest);
  const hmac = (hash: string, key: Uint8Array) => {
    const mac = createHmac(hash, key).update(bytesOf(content)).digest();
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  };
  if (oid === pbmac1Oid) {
    const [derivation, scheme] = berList(parameters);
    const key = await pbkdf2Key(derivation, passphrase, undefined, spend);
    return hmac(known(hmacs, berOid(berList(scheme)[0])), key);
  }
  const hash = known(hashes, oid);
  const length = forge.md[hash].create().digestLength;
  spend(legacyWork(hash, iterations, length));
  return hmac(hash, bytesOf(pkcs12Key(hash, passphrase, salt, 3, iterations, length)));
}

/** @param length in bytes; by default the one that the parameters name */
async function pbkdf2Key(
  derivation: BerValue | undefined,
  passphrase: FilePassphrase,
  length: number | undefined,
  spend: Spend,
): Promise<Uint8Array> {
  const [id, parameters] = berList(derivation);
  if (berOid(id) !== pbkdf2Oid) throw new UnknownAlgorithm(berOid(id));
  const [salt, count, ...options] = berList(parameters);
  const named = options.find(({ constructed }) => !constructed);
  const prf = options.find(({ constructed }) => constructed);
  const hash = known(hmacs, prf ? berOid(berList(prf)[0]) : "1.2.840.113549.2.7");
  const size = length ?? berInteger(named);
  if (size < 1 || size > 64) throw new Error("an impossible length of a key");
  const iterations = berInteger(count);
  spend(iterations * Math.ceil(size / createHash(hash).digest().length));
  const [words, bytes] = [passphrase ?? "", bytesOf(berOctets(salt))];
  return await new Promise((resolve, reject) =>
    pbkdf2(
      words,
      bytes,
      iterations,
      size,
      hash,
      (error, key) => error ? reject(error) : resolve(key),
    )
  );
}

/** In JavaScript, SHA-1 takes 4 times as long as in PBKDF2; SHA-384 and SHA-512 take twice that. */
function legacyWork(hash: string, iterations: number, length: number): number {
  const { digestLength, blockLength } = forge.md[hash].create();
  return iterations * Math.ceil(length / digestLength) * blockLength / 16;
}

/** RFC 7292, appendix B. */
function pkcs12Key(
  hash: string,
  passphrase: FilePassphrase,
  salt: string,
  purpose: number,
  iterations: number,
  length: number,
): string {
  const { generatePkcs12Key } = forge.pki.pbe;
  const bytes = forge.util.createBuffer(salt);
  const md = forge.md[hash].create();
  return generatePkcs12Key(passphrase, bytes, purpose, iterations, length, md).getBytes();
}

function deciphered(
  { begin }: BlockCipher,
  key: string,
  iv: string,
  data: string,
): string | undefined {
  const cipher = begin(key, iv);
  cipher.update(forge.util.createBuffer(data));
  return cipher.finish() ? cipher.output.getBytes() : undefined;
}

function known<T>(table: Readonly<Record<string, T>>, oid: string): T {
  const found = Object.hasOwn(table, oid) ? table[oid] : undefined;
  if (found === undefined) throw new UnknownAlgorithm(oid);
  return found;
}
