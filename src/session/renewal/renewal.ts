import type { Narrowing } from "../../model/credentials.ts";
import { Failure } from "../../model/failure.ts";
import type { Profile } from "../../model/profile.ts";
import type { Store } from "../stores.ts";
import type { System } from "../../system/system.ts";
import { withoutPrompts } from "../../system/unattended.ts";
import { asks, keptSession, profileNamed, sessionOf } from "../keep.ts";
import type { Renewal } from "./keeper.ts";
import { obtainOnce } from "../once.ts";
import type { Proofs } from "../../sources/source.ts";
import { resolved } from "../sign_in/fingerprint.ts";

/** The store for long-running processes: athm cannot prompt beside the program that it runs. */
export function lasting(system: System, store: Store): Store {
  return store.as(withoutPrompts(system));
}

/**
 * Renews a stored profile's session for all processes that use it.
 *
 * @param isConfirmed whether a person allowed the use that it is for; else a confirmed profile is an
 * error, since athm cannot ask now
 */
export function storedRenewal(
  system: System,
  store: Store,
  name: string,
  narrowing?: Narrowing,
  isConfirmed = false,
): Renewal {
  const quiet = withoutPrompts(system);
  const allowed = async () => {
    const stored = await profileNamed(store, name);
    if (isConfirmed) return stored;
    const { profile } = await resolved(quiet, store, stored);
    if (asks(profile, { narrowing })) throw unconfirmed(name);
    return stored;
  };
  return {
    name,
    look: async () => await keptSession(quiet, store, await allowed(), narrowing),
    renew: async (after) => {
      await allowed();
      const wanted = { after, minTtl: 0, narrowing, isRenewal: true };
      return (await sessionOf(quiet, store, name, wanted)).session;
    },
  };
}

function unconfirmed(name: string): Failure {
  return new Failure(
    "denied",
    `${name} asks before each use, and this server was not started for it`,
    `start it with athm serve ${name}, which asks, or with --read-only`,
  );
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
      (await obtainOnce(quiet, profile, openStore, { ...options, after, isRenewal: true }))
        .session,
  };
}
