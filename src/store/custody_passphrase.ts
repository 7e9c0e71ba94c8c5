// The key is wrapped by a passphrase. `wrapped` in `store.json` is a compact JWE whose content is the
// key's 32 bytes, with this header (RFC 7518 §4.8):
//
//     {"alg":"PBES2-HS512+A256KW","enc":"A256GCM","typ":"athm-key","v":1,"p2c":ROUNDS,"p2s":SALT}
//
// ROUNDS are checked on reading too, before anything is computed: too few would let a changed file
// weaken the passphrase at its next use, too many would stop the machine.

import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import type { Custody } from "./custody.ts";
import { keyLength } from "./keys.ts";
import { quote } from "./refusals.ts";

/**
 * What OWASP's Password Storage Cheat Sheet asks for with SHA-512. Every command pays for it, some
 * 0.3 s; a new store may get more at any time, since the file tells how many it has.
 */
const rounds = 210_000;
const fewestRounds = 210_000;
const mostRounds = 10_000_000;

const algorithm = "PBES2-HS512+A256KW";
const encryption = "A256GCM";
/** Times that a person may type a passphrase. */
const tries = 3;
/** The largest `ATHM_PASSPHRASE_FILE`, in bytes. */
const fileLimit = 64 * 1024;

const variable = "ATHM_PASSPHRASE";
const fileVariable = "ATHM_PASSPHRASE_FILE";

export const passphrase: Custody = {
  kind: "passphrase",
  fields: ["wrapped"],
  async begin(system) {
    const words = givenPassphrase(system)?.words ?? await newPassphrase(system);
    if (words === undefined) return undefined;
    const key = system.random(keyLength);
    return { key, kept: { wrapped: await wrap(key, words) } };
  },
  async fetch(system, path, { wrapped = "" }) {
    if (!await isWrapped(wrapped)) return undefined;
    const given = givenPassphrase(system);
    if (given) {
      const key = await unwrap(wrapped, given.words);
      if (key) return key;
      throw new Failure(
        "store-key",
        `the passphrase in ${given.from} does not open the store ${path}`,
        `set ${given.from} to the passphrase with which the store was made`,
      );
    }
    return await askUntilOpen(system, path, wrapped);
  },
};

async function askUntilOpen(
  system: System,
  path: string,
  wrapped: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!system.terminal.canAsk) {
    throw new Failure(
      "needs-person",
      `the store ${path} wants its passphrase, and nobody can be asked`,
      `give it in a file named by ${fileVariable}, or in ${variable}`,
    );
  }
  for (let left = tries; left > 0; left--) {
    const key = await unwrap(wrapped, await system.terminal.askSecret("Passphrase of the store: "));
    if (key) return key;
    if (left > 1) system.say("athm: that is not the passphrase; try again");
  }
  throw new Failure("store-key", `none of ${tries} passphrases opens the store ${path}`);
}

/** A new passphrase, typed twice; nothing when nobody can be asked or none is wanted. */
async function newPassphrase(system: System): Promise<string | undefined> {
  const { terminal } = system;
  if (!terminal.canAsk) return undefined;
  for (let left = tries; left > 0; left--) {
    const words = await terminal.askSecret("New passphrase for the store (empty: none): ");
    if (words === "") return undefined;
    if (words === await terminal.askSecret("The same again: ")) return words;
    if (left > 1) system.say("athm: the two were not the same; try again");
  }
  throw new Failure("store-key", `the new passphrase was not repeated the same in ${tries} tries`);
}

/** The passphrase that the environment gives, and the variable that gives it. */
function givenPassphrase(system: System): { words: string; from: string } | undefined {
  const path = system.env.get(fileVariable);
  const from = path === undefined ? variable : fileVariable;
  const words = path === undefined ? system.env.get(variable) : passphraseIn(system, path);
  if (words === undefined) return undefined;
  // As with an empty ATHM_KEY: a secret that is missing must not become a store that is open.
  if (words === "") throw new Failure("store-key", `the passphrase in ${from} is empty`);
  return { words, from };
}

/**
 * Orchestrators hand secrets over as links to files that all in the container may read, so that is no
 * reason to refuse; that others may write it is.
 */
function passphraseIn({ files }: System, path: string): string {
  const facts = files.facts(path);
  if (facts?.kind === "file" && ((facts.mode ?? 0) & 0o022) !== 0) {
    throw new Failure("store-open", `others can write ${path}`, `chmod go-w ${quote(path)}`);
  }
  const bytes = files.read(path);
  if (!bytes || bytes.length > fileLimit) {
    throw new Failure(
      "store-key",
      `${fileVariable} names ${JSON.stringify(path)}, which ${
        bytes ? "is too large" : "does not exist"
      }`,
      "it must be the path of a file that holds the passphrase alone",
    );
  }
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
}

/** True when the text is of the form above; says nothing about the passphrase. */
async function isWrapped(wrapped: string): Promise<boolean> {
  const { decodeProtectedHeader } = await import("jose");
  try {
    const { alg, enc, typ, v, p2c } = decodeProtectedHeader(wrapped);
    return alg === algorithm && enc === encryption && typ === "athm-key" && v === 1 &&
      typeof p2c === "number" && Number.isInteger(p2c) && p2c >= fewestRounds && p2c <= mostRounds;
  } catch {
    return false;
  }
}

async function wrap(key: Uint8Array<ArrayBuffer>, words: string): Promise<string> {
  const { CompactEncrypt } = await import("jose");
  return await new CompactEncrypt(key)
    .setProtectedHeader({ alg: algorithm, enc: encryption, typ: "athm-key", v: 1 })
    .setKeyManagementParameters({ p2c: rounds })
    .encrypt(new TextEncoder().encode(words));
}

/** The key, or nothing when the passphrase is another one. */
async function unwrap(
  wrapped: string,
  words: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { compactDecrypt } = await import("jose");
  try {
    const { plaintext } = await compactDecrypt(wrapped, new TextEncoder().encode(words), {
      keyManagementAlgorithms: [algorithm],
      contentEncryptionAlgorithms: [encryption],
      maxPBES2Count: mostRounds,
    });
    return Uint8Array.from(plaintext);
  } catch {
    return undefined;
  }
}
