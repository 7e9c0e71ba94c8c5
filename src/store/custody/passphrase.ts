// The passphrase encrypts the key: `wrapped` in `store.json` is a passphrase seal
// (src/store/sealing/passphrase_seal.ts) of type `athm-key` with the key's 32 bytes.

import { Failure, promptsDisabled, quote } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";
import type { Custody, CustodyFields, Held, KeyRotation, StoreKey, Whose } from "./custody.ts";
import { keyLength } from "../sealing/keys.ts";
import { askNew, openWith, sealedHeader, sealWith, tries } from "../sealing/passphrase_seal.ts";

const fileLimit = 64 * 1024;

const variable = "ATHM_PASSPHRASE";
const fileVariable = "ATHM_PASSPHRASE_FILE";

export const passphrase: Omit<Custody, "kind" | "fields" | "locks"> = {
  fetch: async (system, whose, kept) => (await opened(system, whose, kept))?.key,
  async startRotation(system, whose, kept): Promise<KeyRotation | undefined> {
    const open = await opened(system, whose, kept);
    return open && { key: open.key, hold: (_whose, next) => wrapped(next, open.words) };
  },
  async hold(system, _whose, key) {
    return await wrapped(key, givenPassphrase(system)?.words ?? await chosen(system));
  },
  drop: () => Promise.resolve(true),
};

/** Like `hold`, with a new passphrase instead of the store's current one. */
export async function holdAnew(system: System, key: StoreKey): Promise<Held> {
  return await wrapped(key, await chosen(system));
}

/** Wraps a new store's key with the passphrase from the environment, if there is one. */
export async function holdGiven(system: System, key: StoreKey): Promise<Held | undefined> {
  const given = givenPassphrase(system);
  if (!given) return undefined;
  const held = await wrapped(key, given.words);
  // Only a person can unlock the store, and only where it stays unlocked after this process.
  if (!system.terminal.canAsk) return held;
  const notice = "athm: every start takes 0.1 s to derive the store's key from the passphrase; " +
    "run athm store unlock to avoid that for a while";
  return { ...held, notice };
}

export async function holdAsked(system: System, key: StoreKey): Promise<Held | undefined> {
  if (!system.terminal.canAsk) return undefined;
  const words = await askNew(system, "New passphrase for the store (empty: none): ");
  return words === undefined ? undefined : await wrapped(key, words);
}

async function wrapped(key: StoreKey, words: string): Promise<Held> {
  return { kept: { wrapped: await sealWith(words, "athm-key", key) } };
}

async function chosen(system: System): Promise<string> {
  if (!system.terminal.canAsk) {
    throw promptsDisabled(
      "a new passphrase is required",
      `run this on a terminal; for a new store, set ${fileVariable}`,
    );
  }
  const words = await askNew(system, "New passphrase for the store: ");
  if (words !== undefined) return words;
  throw new Failure("store-key", "a passphrase must not be empty", "athm store custody file");
}

async function opened(
  system: System,
  { path }: Whose,
  { wrapped = "" }: CustodyFields,
): Promise<{ readonly key: StoreKey; readonly words: string } | undefined> {
  const header = await sealedHeader("athm-key", wrapped);
  if (header?.v !== 1) return undefined;
  const given = givenPassphrase(system);
  if (!given) return await askUntilOpen(system, path, wrapped);
  const key = await unwrap(wrapped, given.words);
  if (key) return { key, words: given.words };
  throw new Failure(
    "store-key",
    `the passphrase in ${given.from} does not open the store ${path}`,
    `set ${given.from} to the passphrase that the store was created with`,
  );
}

async function askUntilOpen(system: System, path: string, wrapped: string) {
  if (!system.terminal.canAsk) {
    throw promptsDisabled(
      `the store ${path} requires its passphrase`,
      `set ${fileVariable} to a file that contains it, or set ${variable}`,
    );
  }
  for (let left = tries; left > 0; left--) {
    const words = await system.terminal.askSecret("Passphrase of the store: ");
    const key = await unwrap(wrapped, words);
    if (key) return { key, words };
    if (left > 1) system.say("athm: wrong passphrase; try again");
  }
  throw new Failure("store-key", `none of ${tries} passphrases opens the store ${path}`);
}

/** Reject keys of any other length. */
async function unwrap(wrapped: string, words: string): Promise<StoreKey | undefined> {
  const key = await openWith(words, wrapped);
  return key?.length === keyLength ? key : undefined;
}

function givenPassphrase(system: System): { words: string; from: string } | undefined {
  const path = system.env.get(fileVariable);
  const from = path === undefined ? variable : fileVariable;
  const words = path === undefined
    ? system.env.get(variable)
    : passphraseIn(system, fileVariable, path);
  if (words === undefined) return undefined;
  // As with an empty ATHM_KEY: a missing secret must not create an unprotected store.
  if (words === "") throw new Failure("store-key", `the passphrase in ${from} is empty`);
  return { words, from };
}

/**
 * Reads the passphrase file that a variable names. Orchestrators mount secrets as links to files
 * that everyone in the container can read, so that is allowed; files that others can write are not.
 *
 * @throws {Failure} `store-open`, `store-key`.
 */
export function passphraseIn({ files }: System, variable: string, path: string): string {
  const facts = files.facts(path);
  if (facts?.kind === "file" && ((facts.mode ?? 0) & 0o022) !== 0) {
    throw new Failure("store-open", `other users can write ${path}`, `chmod go-w ${quote(path)}`);
  }
  const bytes = files.read(path);
  if (!bytes || bytes.length > fileLimit) {
    throw new Failure(
      "store-key",
      `${variable} names ${JSON.stringify(path)}, which ${
        bytes ? "is too large" : "does not exist"
      }`,
      "it must be the path of a file that contains only the passphrase",
    );
  }
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
}
