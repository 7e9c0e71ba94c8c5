import { Failure } from "../../../model/failure.ts";
import { storeVariables } from "../../../model/variables.ts";
import type { HelperOutput } from "../../../system/children.ts";
import type { System } from "../../../system/system.ts";

/** A secret's place in a keychain. */
export interface KeychainItem {
  /** Tells items of athm apart; no secret. */
  readonly id: string;
  /** What the keychain shows to the person. */
  readonly label: string;
}

/** A keychain of an operating system. Each step gives up after `seconds`. */
export interface Keychain {
  /** Its name in what `save` returns. */
  readonly kind: string;
  /** For messages: "the Secret Service". */
  readonly title: string;
  /** It keeps what is saved itself; else `save` returns all of it, and there is nothing to clear. */
  readonly keeps: boolean;
  /** Why it cannot be there, found without asking it; nothing when it may be. */
  absent(system: System): string | undefined;
  /** Keeps a secret, in place of an older one; the answer is kept where it is not secret. */
  save(system: System, item: KeychainItem, secret: string, seconds: number): Promise<string>;
  /** The secret; nothing when the keychain does not give it. */
  load(
    system: System,
    item: KeychainItem,
    saved: string,
    seconds: number,
  ): Promise<string | undefined>;
  /** False when there was nothing to remove, or it did not remove it. */
  clear(system: System, item: KeychainItem, seconds: number): Promise<boolean>;
}

/** What to run, what it reads, and for how long. */
export interface KeychainCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly seconds: number;
}

/**
 * Asks a keychain's helper program. Secrets go in by `input` alone: an argument list can be read by
 * every process of the machine. What it says on standard error is not shown: it may be in any language
 * and say anything.
 */
export async function askHelper({ children }: System, ask: KeychainCommand): Promise<HelperOutput> {
  const bytes = 64 * 1024;
  return await children.help({ ...ask, set: {}, unset: storeVariables, bytes, quiet: true });
}

/** A keychain that refuses to keep a secret; one that keeps nothing itself is never locked. */
export function notKept({ title, keeps }: Pick<Keychain, "title" | "keeps">): Failure {
  return new Failure(
    "store-key",
    `${title} did not store the key`,
    keeps
      ? "unlock it and run this again, or run athm store custody passphrase"
      : "athm store custody passphrase",
  );
}
