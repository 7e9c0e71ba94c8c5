import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import { decodeSource } from "../sources/all_sources.ts";
import * as store from "../store/store.ts";
import type { System } from "../system/system.ts";

export { profilesIn } from "../store/store.ts";
export type { Listed, Store } from "../store/store.ts";

/** Opens the store with the decoder of sources. See {@link store.openStore}. */
export function openStore(system: System): Promise<store.Store | undefined> {
  return store.openStore(system, decodeSource);
}

export type OpenStore = () => Promise<store.Store | undefined>;

/** Opens the store once, since its key may require a prompt. */
export function openedOnce(system: System): OpenStore {
  let opening: ReturnType<OpenStore> | undefined;
  return () => opening ??= openStore(system);
}

/** The same, creating it if necessary. See {@link store.openOrCreateStore}. */
export function openOrCreateStore(system: System): Promise<store.Store> {
  return store.openOrCreateStore(system, decodeSource);
}

/** The same store, for following the bases of many profiles: it reads each profile once. */
export function readingOnce(all: store.Store, known: readonly Profile[] = []): store.Store & {
  /** Marks a profile as already read. */
  know(profile: Profile): void;
} {
  const read = new Map<string, Promise<Profile | undefined>>();
  const know = (profile: Profile) => void read.set(nameKey(profile.name), Promise.resolve(profile));
  known.forEach(know);
  return {
    ...all,
    know,
    profile(name) {
      const found = read.get(nameKey(name)) ?? all.profile(name);
      read.set(nameKey(name), found);
      return found;
    },
  };
}
