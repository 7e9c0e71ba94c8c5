import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { Profile } from "../model/profile.ts";
import { openStore, type Store } from "../store/store.ts";
import { noDialog } from "../system/dialog.ts";
import type { System } from "../system/system.ts";
import { withoutQuestions } from "../system/terminal.ts";
import { keptSession, profileNamed, sessionOf } from "./keep.ts";
import type { Renewal } from "./keeper.ts";
import { obtainOnce } from "./once.ts";
import type { SharedSignIns } from "./shared_sign_in.ts";

/** The same world where nobody can be asked: a running program owns the terminal. */
function unattended(system: System): System {
  return { ...system, terminal: withoutQuestions(system.terminal), dialog: noDialog };
}

/** Does work with the store as it is now. */
export type WithStore = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/**
 * For who holds a store open for hours: when it was given another key or restored from a backup, it is
 * opened again, without asking anybody.
 */
export function lasting(system: System, first: Store): WithStore {
  let store = first;
  return async (work) => {
    try {
      return await work(store);
    } catch (error) {
      if (!(error instanceof Failure && error.code === "store-moved")) throw error;
      const again = await openStore(unattended(system));
      if (!again) throw error;
      store = again;
      return await work(store);
    }
  };
}

/** Renews a stored profile's session, for all processes that use it. */
export function storedRenewal(system: System, withStore: WithStore, name: string): Renewal {
  const quiet = unattended(system);
  return {
    look: () =>
      withStore(async (store) => await keptSession(quiet, store, await profileNamed(store, name))),
    renew: (after) =>
      withStore(async (store) =>
        (await sessionOf(quiet, store, name, { after, minTtl: 0 })).session
      ),
  };
}

/** Renews a session that is stored nowhere. */
export function onceRenewal(
  system: System,
  profile: Profile,
  openStore: () => Promise<Store | undefined>,
  shared: SharedSignIns,
): Renewal {
  const quiet = unattended(system);
  return { renew: (): Promise<Session> => obtainOnce(quiet, profile, openStore, { shared }) };
}
