import { decodeSource } from "../sources/all_sources.ts";
import * as store from "../store/store.ts";
import type { System } from "../system/system.ts";

export type { Listed, Store } from "../store/store.ts";

/** The store, which is handed the sources. See {@link store.openStore}. */
export function openStore(system: System): Promise<store.Store | undefined> {
  return store.openStore(system, decodeSource);
}

/** The same, made where there is none. See {@link store.openOrCreateStore}. */
export function openOrCreateStore(system: System): Promise<store.Store> {
  return store.openOrCreateStore(system, decodeSource);
}
