// Data encrypted with a passphrase is a compact JWE with this header (RFC 7518 §4.8):
//
//     {"alg":"PBES2-HS512+A256KW","enc":"A256GCM","typ":TYPE,"v":1,"p2c":ROUNDS,"p2s":SALT}
//
// ROUNDS are checked before computing: too few would let a modified file weaken the passphrase at its
// next use, too many would block the machine.

import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/**
 * OWASP's minimum for SHA-512 (Password Storage Cheat Sheet), about 0.3 s per opening. New seals
 * may use more: each records its rounds.
 */
const rounds = 210_000;
const fewestRounds = 210_000;
const mostRounds = 10_000_000;

const algorithm = "PBES2-HS512+A256KW";
const encryption = "A256GCM";

export type PassphraseSeal = "athm-key" | "athm-backup";

export const tries = 3;

/** @param length the content's bytes, for readers that must detect truncation */
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

/** What a seal's header claims; nothing if athm did not write it. Does not check the passphrase. */
export async function sealedHeader(
  typ: PassphraseSeal,
  sealed: string,
): Promise<{ readonly v: number; readonly length: unknown } | undefined> {
  const { decodeProtectedHeader } = await import("jose");
  try {
    // Only the first part, which is readable even if the file was cut short.
    const header = decodeProtectedHeader(`${sealed.split(".", 1)[0]}....`);
    const { alg, enc, v, p2c } = header;
    const fits = header.typ === typ && typeof v === "number" && Number.isInteger(v) && v >= 1;
    // A newer version may use other algorithms.
    if (fits && v > 1) return { v, length: undefined };
    return fits && alg === algorithm && enc === encryption && typeof p2c === "number" &&
        Number.isInteger(p2c) && p2c >= fewestRounds && p2c <= mostRounds
      ? { v, length: header.length }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The content, or nothing for a wrong passphrase. Requires a checked header. */
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

/** Prompts twice; nothing if it is empty. @throws {Failure} `store-key` if the two never match */
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

/** A hint: a graphics card tries 10,000 a second, so short or repetitive passphrases are weak. */
function isWeak(words: string): boolean {
  return words.length < 14 || new Set(words).size < 7;
}
