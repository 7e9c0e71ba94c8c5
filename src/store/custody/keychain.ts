// The key is in the operating system's keychain. `held` in `store.json` names it, with what it needs
// to return the key: `secret-service:`, `macos:` or `dpapi:<protected key, base64>`. The item's name
// is the key's id, so that a new key never overwrites the old one too early. It holds the key and the
// folders of the stores that use it, so that a copy of a store does not remove the first one's key,
// as one word, since `security` on macOS splits at spaces:
//
//     <32 bytes, base64>.<["/home/ann/.local/share/athm"], base64url>

import { Failure, onFailure } from "../../model/failure.ts";
import type { Platform, System } from "../../system/system.ts";
import type { Custody, CustodyFields, Held, StoreKey, Whose } from "./custody.ts";
import { type Keychain, type KeychainItem, notKept } from "./keychains/keychain.ts";
import { secretService } from "./keychains/linux.ts";
import { macosKeychain } from "./keychains/macos.ts";
import { windowsProtection } from "./keychains/windows.ts";
import { keyFromBase64 } from "../sealing/keys.ts";

const keychains: Readonly<Record<Platform, Keychain>> = {
  linux: secretService,
  darwin: macosKeychain,
  windows: windowsProtection,
};

/** Seconds to wait for a keychain at a store's first use, when the user has not chosen it. */
const firstUse = 2;
/** Seconds to wait later: a person may have to type the keychain's password. */
const patience = { person: 60, machine: 10 };

export function keychainOf({ platform }: System): Keychain {
  return keychains[platform];
}

export function patienceOf({ terminal }: System): number {
  return terminal.canAsk ? patience.person : patience.machine;
}

/** @param needs whether the store in a folder uses the key with that id; true in doubt */
export function keychainCustody(
  needs: (system: System, home: string, keyId: string) => boolean,
): Omit<Custody, "kind" | "fields" | "locks"> {
  /** The folders in which another store, such as a copy, still uses this key. */
  function othersOf(system: System, { home, keyId }: Whose, text = ""): readonly string[] {
    const real = (folder: string) => system.files.real(folder) ?? folder;
    const { homes = [] } = decodeSecret(text) ?? {};
    return homes.filter((each) => real(each) !== real(home) && needs(system, each, keyId));
  }

  const custody: ReturnType<typeof keychainCustody> = {
    async fetch(system, whose, { held = "" }) {
      const here = keychainOf(system);
      const [kind, saved = ""] = parted(held);
      const named = keychainNamed(kind);
      if (named === undefined) return undefined;
      const absent = named === here ? here.absent(system) : "it belongs to another system";
      if (absent !== undefined) {
        throw notGiven(whose, named, absent);
      }
      const text = await here.load(system, itemOf(whose), saved, patienceOf(system))
        .catch((error) => {
          throw explained(error, whose, here);
        });
      // It may be damaged or another program's item: the user has to check.
      const secret = text === undefined ? undefined : decodeSecret(text);
      if (secret) return secret.key;
      throw notGiven(whose, here, refusal(here));
    },
    async hold(system, whose, key) {
      const here = keychainOf(system);
      const absent = here.absent(system);
      if (absent !== undefined) {
        throw new Failure(
          "store-key",
          `${here.title} cannot hold the store's key: ${absent}`,
          "athm store custody passphrase",
        );
      }
      const seconds = () => patienceOf(system);
      // A keychain that cannot load will not save either, and then explains why.
      const text = here.keeps
        ? await here.load(system, itemOf(whose), "", seconds()).catch(onFailure(undefined))
        : undefined;
      return await held(system, whose, key, seconds, othersOf(system, whose, text));
    },
    async startRotation(system, whose, kept: CustodyFields) {
      const key = await custody.fetch(system, whose, kept);
      return key && { key, hold: async (next, other) => await custody.hold(system, next, other) };
    },
    async drop(system, whose) {
      const here = keychainOf(system);
      if (here.absent(system) !== undefined) return false;
      if (!here.keeps) return true;
      const item = itemOf(whose);
      const text = await here.load(system, item, "", patienceOf(system));
      // The item is unreadable, so other stores may need it: keep it.
      if (text === undefined) return false;
      const others = othersOf(system, whose, text);
      if (others.length === 0) return await here.clear(system, item, patienceOf(system));
      system.say(
        `athm: note: the key stays in ${here.title} for ${others.join(", ")}, which also uses it`,
      );
      return true;
    },
  };
  return custody;
}

/** At a store's first use, an absent, locked or silent keychain is not an error. */
export async function holdAtFirst(
  system: System,
  whose: Whose,
  key: StoreKey,
): Promise<Held | undefined> {
  const here = keychainOf(system);
  if (here.absent(system) !== undefined) return undefined;
  const end = system.monotonic() + firstUse * 1000;
  try {
    const { kept } = await held(
      system,
      whose,
      key,
      () => Math.max(1, end - system.monotonic()) / 1000,
    );
    return { kept, notice: `athm: the store's key is in ${here.title}` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    system.trace("no keychain", { why: error.message });
    return undefined;
  }
}

/** Saves the key and reads it back: some keychains report success and keep nothing. */
async function held(
  system: System,
  whose: Whose,
  key: StoreKey,
  seconds: () => number,
  others: readonly string[] = [],
): Promise<Held> {
  const here = keychainOf(system);
  const item = itemOf(whose);
  const text = encodeSecret(key, [whose.home, ...others]);
  try {
    const saved = await here.save(system, item, text, seconds());
    if (await here.load(system, item, saved, seconds()) !== text) throw notKept(here);
    return { kept: { held: `${here.kind}:${saved}` } };
  } catch (error) {
    if (others.length === 0) await here.clear(system, item, 1).catch(() => {});
    throw isOfHelper(error) ? notKept(here) : error;
  }
}

function encodeSecret(key: StoreKey, homes: readonly string[]): string {
  const folders = new TextEncoder().encode(JSON.stringify(homes));
  return `${key.toBase64()}.${folders.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** Nothing if it is invalid. An item with only a key lists no folders. */
function decodeSecret(text: string): { key: StoreKey; homes: readonly string[] } | undefined {
  const [first = "", second, ...more] = text.split(".");
  const key = keyFromBase64(first);
  if (!key || more.length > 0) return undefined;
  return { key, homes: second === undefined ? [] : decodeHomes(second) };
}

/** An invalid list of folders must not hide the key. */
function decodeHomes(text: string): readonly string[] {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const homes: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(homes) ? homes.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function itemOf({ keyId }: Whose): KeychainItem {
  return { id: keyId, label: `athm store ${keyId}` };
}

function parted(held: string): readonly [string, string?] {
  const at = held.indexOf(":");
  return at < 0 ? [""] : [held.slice(0, at), held.slice(at + 1)];
}

function keychainNamed(kind: string): Keychain | undefined {
  return Object.values(keychains).find((each) => each.kind === kind);
}

/** A keychain that stores nothing itself cannot be locked. */
function refusal({ keeps }: Keychain): string {
  return keeps
    ? "it is locked, or the item was removed"
    : "only the user and the machine that encrypted it can decrypt it";
}

function notGiven({ path, keyId }: Whose, { title, keeps }: Keychain, why: string): Failure {
  return new Failure(
    "store-key",
    `cannot read the key of the store ${path} from ${title}: ${why}`,
    keeps
      ? `unlock it and run this again; its item is "athm store ${keyId}". ` +
        "Without it: ATHM_HOME=/another/folder athm store restore FILE, from a backup"
      : "set ATHM_HOME to another folder, then: athm store restore FILE, from a backup",
  );
}

function explained(error: unknown, whose: Whose, here: Keychain): unknown {
  return isOfHelper(error) ? notGiven(whose, here, error.message) : error;
}

/** A timeout or a missing program. */
function isOfHelper(error: unknown): error is Failure {
  return error instanceof Failure && ["source", "command-not-found"].includes(error.code);
}
