import { Failure } from "../../../model/failure.ts";
import { storeVariables } from "../../../model/variables.ts";
import type { HelperOutput } from "../../../system/children.ts";
import type { System } from "../../../system/system.ts";

/** Where a keychain keeps a secret. */
export interface KeychainItem {
  readonly id: string;
  readonly label: string;
}

/** An operating system's keychain. Each step times out after `seconds`. */
export interface Keychain {
  /** The prefix of what `save` returns. */
  readonly kind: string;
  readonly title: string;
  /** True if the keychain stores the secret; else `save` returns it encrypted. */
  readonly keeps: boolean;
  /** Why it is certainly unavailable, checked without running the helper. */
  absent(system: System): string | undefined;
  /** Saves or overwrites a secret; the result is not secret. */
  save(system: System, item: KeychainItem, secret: string, seconds: number): Promise<string>;
  /** The secret; nothing if the keychain does not return it. */
  load(
    system: System,
    item: KeychainItem,
    saved: string,
    seconds: number,
  ): Promise<string | undefined>;
  /** False if nothing was removed. */
  clear(system: System, item: KeychainItem, seconds: number): Promise<boolean>;
}

export interface KeychainCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly seconds: number;
  /** Variables to remove besides the store's secrets. */
  readonly unset?: readonly string[];
}

/** Passes secrets by `input` only: every process can read arguments. Its stderr is not shown. */
export async function askHelper({ children }: System, ask: KeychainCommand): Promise<HelperOutput> {
  const unset = [...storeVariables, ...ask.unset ?? []];
  return await children.help({ ...ask, set: {}, unset, bytes: 64 * 1024, quiet: true });
}

/** The error for a keychain that does not save; one that stores nothing itself is never locked. */
export function notKept({ title, keeps }: Pick<Keychain, "title" | "keeps">): Failure {
  return new Failure(
    "store-key",
    `${title} did not store the key`,
    keeps
      ? "unlock it and run this again, or run athm store custody passphrase"
      : "athm store custody passphrase",
  );
}
