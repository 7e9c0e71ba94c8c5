import { decodeSource } from "../sources/all_sources.ts";
import * as store from "../store/store.ts";
import type { System } from "../system/system.ts";

export { profilesIn } from "../store/store.ts";
export type { Listed, Store } from "../store/store.ts";

/** Opens the store with the decoder of sources. See {@link store.openStore}. */
export function openStore(system: System): Promise<store.Store | undefined> {
  return store.openStore(system, decodeSource);
}

/** The same, creating it if necessary. See {@link store.openOrCreateStore}. */
export function openOrCreateStore(system: System): Promise<store.Store> {
  return store.openOrCreateStore(system, decodeSource);
}
