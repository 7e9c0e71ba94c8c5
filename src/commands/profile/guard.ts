import { nameKey } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Line } from "../../line/command.ts";
import { openStore, profilesIn, type Store } from "../../session/stores.ts";
import type { StoreFile } from "../../store/store_file.ts";
import type { System } from "../../system/system.ts";
import { deedOf } from "./obtain.ts";
import { confirmedOf, namesOf, type Sharing, sharingOf, signInWords } from "./sharing.ts";

export interface ProfileChanges {
  /** Names of stored profiles that are changed or removed. */
  readonly changed: readonly string[];
  /** Profiles to be saved. */
  readonly made?: readonly Profile[];
}

/**
 * Asks a person before a change of a confirmed profile, and before a new profile shares its sign-in
 * without asking itself: a program could otherwise get the same session by another name. One
 * question is about all of them, and names them.
 *
 * @throws {Failure} `denied`, `needs-person`, `cancelled`
 */
export async function guardProfiles(
  line: Line,
  system: System,
  known: readonly Profile[],
  { changed, made = [] }: ProfileChanges,
): Promise<void> {
  const confirmed = confirmedOf(known);
  const names = new Set(changed.map(nameKey));
  const hit = confirmed.filter(({ name }) => names.has(nameKey(name)));
  const sharing = await sharingOf(made.filter(({ confirm }) => confirm === undefined), confirmed);
  const about = [
    ...hit.length ? [`this change of ${namesOf(hit)}`] : [],
    ...sharing.sharers.length ? [sharingWords(sharing, known)] : [],
  ];
  if (!about.length) return;
  const all = [...hit, ...sharing.sharers, ...sharing.confirmed];
  await guard(line, system, all, about.join(" and "));
}

function sharingWords(sharing: Sharing, known: readonly Profile[]): string {
  const { sharers } = sharing;
  const old = new Set(known.map(({ name }) => nameKey(name)));
  const noun = sharers.some(({ name }) => old.has(nameKey(name))) ? "profile" : "new profile";
  const what = sharers.length === 1
    ? `a ${noun} ${namesOf(sharers)} that shares`
    : `${sharers.length} ${noun}s (${namesOf(sharers)}) that share`;
  return `${what} ${signInWords(sharing)}`;
}

/** Asks before everything that the store holds is handed out or replaced. */
export async function guardStore(
  line: Line,
  system: System,
  profiles: readonly Profile[],
  what: string,
): Promise<void> {
  const confirmed = confirmedOf(profiles);
  if (confirmed.length) {
    await guard(line, system, confirmed, `${what} ${namesOf(confirmed)}`);
  }
}

/**
 * Asks before the store's key leaves the keychain: a program that cannot use the keychain may be able
 * to read the new place. Otherwise it can read the key already, or a person types the passphrase.
 */
export async function guardKey(
  line: Line,
  system: System,
  { custody }: StoreFile,
): Promise<void> {
  if (custody.kind !== "keychain") return;
  const profiles = await profilesOf(await openStore(system));
  await guardStore(line, system, profiles, "a copy of the keychain's key, which opens");
}

export async function profilesOf(store: Store | undefined): Promise<readonly Profile[]> {
  return profilesIn(await store?.profiles() ?? []);
}

/** @param profiles each once in the audit log, however often it is given */
async function guard(
  line: Line,
  system: System,
  profiles: readonly Pick<Profile, "name">[],
  about: string,
): Promise<void> {
  const { confirmChange } = await import("../../session/confirming.ts");
  const each = new Map(profiles.map((profile) => [nameKey(profile.name), profile]));
  await confirmChange(system, { about, profiles: [...each.values()], deed: deedOf(line) });
}
