import type { Profile } from "../../model/profile.ts";
import type { Store } from "../stores.ts";
import type { System } from "../../system/system.ts";
import { withoutPrompts } from "../../system/unattended.ts";
import { asks, isAgreed, keptIn, profileNamed, sessionOf, unconfirmed } from "../keep.ts";
import type { Renewal } from "./keeper.ts";
import { obtainOnce } from "../once.ts";
import type { Proofs } from "../../sources/source.ts";
import { resolved } from "../sign_in/fingerprint.ts";
import type { SessionUse } from "../use.ts";

/** The store for long-running processes: athm cannot prompt beside the program that it runs. */
export function lasting(system: System, store: Store): Store {
  return store.as(withoutPrompts(system));
}

/**
 * Renews a stored profile's session for all processes that use it.
 *
 * @param use how the session is restricted, and what a person allowed: a confirmed profile that is
 * another one is an error, since athm cannot ask now
 */
export function storedRenewal(
  system: System,
  store: Store,
  name: string,
  { narrowing, ...use }: Pick<SessionUse, "narrowing" | "agreed"> = {},
): Renewal {
  const quiet = withoutPrompts(system);
  let { agreed } = use;
  return {
    name,
    look: async () => {
      const stored = await profileNamed(store, name);
      const current = await resolved(quiet, store, stored, [], narrowing);
      if (!isAgreed(current, { narrowing, agreed })) throw unconfirmed(current.profile);
      if (asks(current.profile, { narrowing })) agreed = current; // it may have learned settings
      return await keptIn(store, name, current.mark, narrowing);
    },
    renew: async (after) => {
      const wanted = { after, minTtl: 0, narrowing, isRenewal: true, agreed };
      const renewed = await sessionOf(quiet, store, name, wanted);
      ({ agreed } = renewed);
      return renewed.session;
    },
  };
}

export function onceRenewal(
  system: System,
  profile: Profile,
  openStore: () => Promise<Store | undefined>,
  options: Pick<SessionUse, "narrowing" | "agreed"> & { readonly proofs: Proofs },
): Renewal {
  const quiet = withoutPrompts(system);
  return {
    renew: async (after) =>
      (await obtainOnce(quiet, profile, openStore, { ...options, after, isRenewal: true }))
        .session,
  };
}
