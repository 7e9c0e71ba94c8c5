import type { Session } from "../model/credentials.ts";
import type { Profile, Source } from "../model/profile.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";
import { callerIdentity } from "./identity.ts";
import { markOf, renew, type Renewing } from "./keep.ts";
import { pendingSignIns, storedSignIns } from "./shared_sign_in.ts";

/** How a profile is added. */
export interface Adding {
  /** The store, where there is one. */
  readonly store: Store | undefined;
  /** Opens the store when there is something to save, making it where there is none. */
  readonly openStore: () => Promise<Store>;
  readonly replace: boolean;
  readonly login: boolean;
  readonly mfaCode?: string | undefined;
}

/** A profile as it was saved, with what the first sign-in taught of it. */
export interface Added {
  readonly profile: Profile;
  readonly session: Session | undefined;
}

/**
 * Signs in with a new profile's settings, then saves it with its session. When the sign-in fails,
 * nothing is saved and a profile of that name stays as it was.
 */
export async function keepProfile(
  system: System,
  profile: Profile,
  adding: Adding,
): Promise<Added> {
  // A profile that stands on another needs the store for its first credentials.
  const early = profile.source.kind === "profile"
    ? adding.store ?? await adding.openStore()
    : adding.store;
  const pending = pendingSignIns();
  // A command that gives the codes is tried, for nobody would notice until it is needed.
  const known = early && profile.role.mfaCommand === undefined;
  const shared = known ? storedSignIns(system, early) : pending;
  let settled = profile;
  const learn = (source: Source) => void (settled = { ...profile, source });
  const renewing = { above: [], after: 0, shared, learn, mfaCode: adding.mfaCode };
  const session = adding.login ? await firstSession(system, early, profile, renewing) : undefined;
  const store = early ?? await adding.openStore();
  return await store.change(async () => {
    // Once more: what it stands on may have gone while a person signed in.
    const mark = await markOf(system, store, settled, []);
    await store.saveProfile(settled, { replace: adding.replace });
    await pending.save(store);
    if (session) await store.saveSession(profile.name, session, mark);
    return { profile: settled, session };
  });
}

async function firstSession(
  system: System,
  store: Store | undefined,
  profile: Profile,
  renewing: Renewing,
): Promise<Session> {
  if (store) await markOf(system, store, profile, []);
  const session = await renew(system, store, profile, renewing);
  // At a portal the person chose account and role by name, and it gave just these.
  const isChosen = profile.source.kind === "identity-center";
  if (session.arn !== undefined || isChosen) return session;
  // GetSessionToken does not tell whose session it made, and a person wants to see it was the right key.
  const { arn, account } = await callerIdentity(system, profile, session);
  return { ...session, arn, account };
}
