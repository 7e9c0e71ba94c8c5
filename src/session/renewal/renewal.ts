import type { Narrowing } from "../../model/credentials.ts";
import type { Profile } from "../../model/profile.ts";
import type { Store } from "../stores.ts";
import type { System } from "../../system/system.ts";
import { withoutPrompts } from "../../system/unattended.ts";
import { keptSession, profileNamed, sessionOf } from "../keep.ts";
import type { Renewal } from "./keeper.ts";
import { obtainOnce } from "../once.ts";
import type { Proofs } from "../../sources/source.ts";

/** The store for long-running processes: athm cannot prompt beside the program that it runs. */
export function lasting(system: System, store: Store): Store {
  return store.as(withoutPrompts(system));
}

/** Renews a stored profile's session for all processes that use it. */
export function storedRenewal(
  system: System,
  store: Store,
  name: string,
  narrowing?: Narrowing,
): Renewal {
  const quiet = withoutPrompts(system);
  return {
    name,
    look: async () => await keptSession(quiet, store, await profileNamed(store, name), narrowing),
    renew: async (after) =>
      (await sessionOf(quiet, store, name, { after, minTtl: 0, narrowing })).session,
  };
}

export function onceRenewal(
  system: System,
  profile: Profile,
  openStore: () => Promise<Store | undefined>,
  options: { readonly proofs: Proofs; readonly narrowing?: Narrowing | undefined },
): Renewal {
  const quiet = withoutPrompts(system);
  return {
    renew: async (after) =>
      (await obtainOnce(quiet, profile, openStore, { ...options, after })).session,
  };
}
