// What a passphrase seals is a compact JWE with this header (RFC 7518 §4.8):
//
//     {"alg":"PBES2-HS512+A256KW","enc":"A256GCM","typ":TYPE,"v":1,"p2c":ROUNDS,"p2s":SALT}
//
// ROUNDS are checked on reading too, before anything is computed: too few would let a changed file
// weaken the passphrase at its next use, too many would stop the machine.

import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/**
 * What OWASP's Password Storage Cheat Sheet asks for with SHA-512. Every opening pays for it, some
 * 0.3 s; a new seal may get more at any time, since it tells how many it has.
 */
const rounds = 210_000;
const fewestRounds = 210_000;
const mostRounds = 10_000_000;

const algorithm = "PBES2-HS512+A256KW";
const encryption = "A256GCM";

export type PassphraseSeal = "athm-key" | "athm-backup";

/** Times that a person may type a passphrase. */
export const tries = 3;

/** `length`: the content's bytes, where the reader shall be able to tell a file that was cut short. */
export async function sealWith(
  words: string,
  typ: PassphraseSeal,
  content: Uint8Array<ArrayBuffer>,
  extra: { readonly length?: number } = {},
): Promise<string> {
  const { CompactEncrypt } = await import("jose");
  return await new CompactEncrypt(content)
    .setProtectedHeader({ alg: algorithm, enc: encryption, typ, v: 1, ...extra })
    .setKeyManagementParameters({ p2c: rounds })
    .encrypt(new TextEncoder().encode(words));
}

/** What a seal's header claims; nothing when it is none of athm's. Says nothing about the passphrase. */
export async function sealedHeader(
  typ: PassphraseSeal,
  sealed: string,
): Promise<{ readonly v: number; readonly length: unknown } | undefined> {
  const { decodeProtectedHeader } = await import("jose");
  try {
    // The first part alone: of a file that was cut short the header can still be told.
    const header = decodeProtectedHeader(`${sealed.split(".", 1)[0]}....`);
    const { alg, enc, v, p2c } = header;
    const fits = header.typ === typ && typeof v === "number" && Number.isInteger(v) && v >= 1;
    // A newer version may do all else in another way.
    if (fits && v > 1) return { v, length: undefined };
    return fits && alg === algorithm && enc === encryption && typeof p2c === "number" &&
        Number.isInteger(p2c) && p2c >= fewestRounds && p2c <= mostRounds
      ? { v, length: header.length }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The content, or nothing when the passphrase is another one. The header was looked at before. */
export async function openWith(
  words: string,
  sealed: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { compactDecrypt } = await import("jose");
  try {
    const { plaintext } = await compactDecrypt(sealed, new TextEncoder().encode(words), {
      keyManagementAlgorithms: [algorithm],
      contentEncryptionAlgorithms: [encryption],
      maxPBES2Count: mostRounds,
    });
    return Uint8Array.from(plaintext);
  } catch {
    return undefined;
  }
}

/**
 * A new passphrase, typed twice; nothing when an empty one was typed.
 *
 * @throws {Failure} `store-key` when it was never repeated the same.
 */
export async function askNew(
  { terminal, say }: System,
  question: string,
): Promise<string | undefined> {
  for (let left = tries; left > 0; left--) {
    const words = await terminal.askSecret(question);
    if (words === "") return undefined;
    if (words === await terminal.askSecret("Repeat it: ")) {
      if (isWeak(words)) {
        say("athm: note: that passphrase is weak; five random words are strong");
      }
      return words;
    }
    if (left > 1) say("athm: the passphrases do not match; try again");
  }
  throw new Failure(
    "store-key",
    `the new passphrase was not repeated correctly in ${tries} attempts`,
  );
}

/**
 * A hint, not a measure: whoever has the file tries some 10,000 a second on one graphics card, so what
 * is short, or made of a few letters, does not hold. Nobody is kept from choosing it.
 */
function isWeak(words: string): boolean {
  return words.length < 14 || new Set(words).size < 7;
}
