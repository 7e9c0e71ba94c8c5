import { listed } from "../../model/listed.ts";
import { nameKey } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Line } from "../../line/command.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { profilesIn, type Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { deedOf } from "./obtain.ts";

export interface ProfileChanges {
  /** Names of stored profiles that are changed or removed. */
  readonly changed: readonly string[];
  /** Profiles to be saved. */
  readonly made?: readonly Profile[];
}

/**
 * Asks a person before a change of a confirmed profile, and before a new profile shares its sign-in
 * without asking itself: a program could otherwise get the same session by another name.
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
  if (hit.length) return await guard(line, system, hit, "this change of");
  const signIns = new Map(
    await Promise.all(confirmed.map(async (each) => [await signInOf(each), each] as const)),
  );
  for (const each of made) {
    const shared = each.confirm === undefined ? await signInOf(each) : undefined;
    const other = shared === undefined ? undefined : signIns.get(shared);
    if (!other) continue;
    return await guard(
      line,
      system,
      [other],
      `a new profile ${each.name} that shares the sign-in of`,
    );
  }
}

/** Asks before everything that the store holds is handed out or replaced. */
export async function guardStore(
  line: Line,
  system: System,
  profiles: readonly Profile[],
  what: string,
): Promise<void> {
  const confirmed = confirmedOf(profiles);
  if (confirmed.length) await guard(line, system, confirmed, what);
}

export async function profilesOf(store: Store | undefined): Promise<readonly Profile[]> {
  return profilesIn(await store?.profiles() ?? []);
}

function confirmedOf(profiles: readonly Profile[]): readonly Profile[] {
  return profiles.filter(({ confirm }) => confirm !== undefined);
}

async function guard(
  line: Line,
  system: System,
  profiles: readonly Profile[],
  what: string,
): Promise<void> {
  const { confirmChange } = await import("../../session/confirming.ts");
  const names = listed(profiles.map(({ name }) => name));
  await confirmChange(system, { about: `${what} ${names}`, profiles, deed: deedOf(line) });
}

async function signInOf({ source, network }: Profile): Promise<string | undefined> {
  const signIn = await factsOf(source).signIn?.(network);
  return signIn && `${signIn.shelf} ${signIn.name}`;
}
