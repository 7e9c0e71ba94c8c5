import type { Profile } from "../../model/profile.ts";
import { openStore, type Store } from "../stores.ts";
import type { System } from "../../system/system.ts";
import { withoutPrompts } from "../../system/unattended.ts";
import { keptSession, profileNamed, sessionOf } from "../keep.ts";
import type { Renewal } from "./keeper.ts";
import { obtainOnce } from "../once.ts";
import { reopening, type WithStore } from "./reopening.ts";
import type { Proofs } from "../../sources/source.ts";

/** A store for long-running processes, reopened without prompting. */
export function lasting(system: System, first: Store): WithStore {
  return reopening(() => openStore(withoutPrompts(system)), first);
}

export function storedRenewal(system: System, withStore: WithStore, name: string): Renewal {
  const quiet = withoutPrompts(system);
  return {
    name,
    look: () =>
      withStore(async (store) => await keptSession(quiet, store, await profileNamed(store, name))),
    renew: (after) =>
      withStore(async (store) =>
        (await sessionOf(quiet, store, name, { after, minTtl: 0 })).session
      ),
  };
}

export function onceRenewal(
  system: System,
  profile: Profile,
  openStore: () => Promise<Store | undefined>,
  proofs: Proofs,
): Renewal {
  const quiet = withoutPrompts(system);
  return {
    renew: async (after) =>
      (await obtainOnce(quiet, profile, openStore, { proofs, after })).session,
  };
}
