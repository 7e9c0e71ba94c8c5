import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import { registryKey, type RegistryRecord } from "../model/proofs.ts";
import { factsOf } from "../sources/all_sources.ts";
import { profilesIn, type Store } from "../store/store.ts";
import { removeFolder } from "../system/folder.ts";
import type { System } from "../system/system.ts";
import { browserFolder } from "./sign_in/browser_traces.ts";
import { sharedSignIn } from "./sign_in/user_session.ts";

/** Removes the sign-ins that only these removed or changed profiles used. */
export async function removeUnshared(
  system: System,
  store: Store,
  gone: readonly Profile[],
): Promise<void> {
  const needed = profilesIn(await store.profiles());
  /** What `of` returns for these profiles alone, without duplicates. */
  const only = async <T>(
    of: (profile: Profile) => Promise<T | undefined>,
    key: (one: T) => string,
  ): Promise<T[]> => {
    const all = async (some: readonly Profile[]) => {
      const found = await Promise.all(some.map(of));
      return new Map(found.flatMap((one) => one === undefined ? [] : [[key(one), one]]));
    };
    const kept = await all(needed);
    return [...await all(gone)].flatMap(([key, one]) => kept.has(key) ? [] : [one]);
  };
  for (const { name } of await only((each) => sharedSignIn(each), ({ name }) => name)) {
    await store.shared.sessions.remove(name);
  }
  const signInOf = async ({ source, network }: Profile) => await factsOf(source).signIn?.(network);
  for (const { shelf, name, title } of await only(signInOf, ({ name }) => name)) {
    const was = await store.shared[shelf].remove(name);
    if (was && title) system.say(`athm: forgot ${title}, which no other profile uses`);
  }
  const names = new Set(needed.map(({ name }) => nameKey(name)));
  const isGone = ({ profile }: RegistryRecord) =>
    gone.some(({ name }) => nameKey(name) === nameKey(profile)) && !names.has(nameKey(profile));
  for (const each of (await store.shared.registries.all()).filter(isGone)) {
    await store.shared.registries.remove(registryKey(each.registry));
  }
  const browserOf = async ({ source }: Profile) => await factsOf(source).browser?.();
  for (const name of await only(browserOf, (name) => name)) {
    removeFolder(system.files, browserFolder(system, store.home, name));
  }
}
