import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { Profile } from "../model/profile.ts";
import { factsOf } from "../sources/all_sources.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";
import { browserTraces } from "./sign_in/browser_traces.ts";
import { callerIdentity } from "./sign_in/identity.ts";
import { markOf, renew, standsOnNothing } from "./keep.ts";
import { pendingProofs, storedProofs } from "./sign_in/proofs.ts";
import type { SignInResult } from "./sign_in/sign_in.ts";
import { removeUnshared } from "./unshared.ts";

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
  const removeTraces = await browserTraces(system, profile);
  try {
    return await signInAndSave(system, profile, adding);
  } catch (error) {
    removeTraces();
    throw error;
  }
}

async function signInAndSave(
  system: System,
  profile: Profile,
  adding: Adding,
): Promise<Added> {
  const early = adding.store;
  // No store is made, and nobody asked for its passphrase, for what cannot be in it.
  const { base } = factsOf(profile.source);
  if (!early && base !== undefined) throw standsOnNothing(profile.name, base);
  if (early) await markOf(system, early, profile, []);
  const pending = pendingProofs();
  // A command that gives the codes is tried, for nobody would notice until it is needed.
  const known = early && profile.role.mfaCommand === undefined;
  const proofs = known ? storedProofs(system, early) : pending;
  const { mfaCode } = adding;
  const renewing = { above: [], after: 0, adding: true, proofs, mfaCode };
  const outcome = adding.login ? await renew(system, early, profile, renewing) : undefined;
  const session = outcome && await sessionOf(system, outcome);
  const { profile: settled } = outcome ?? { profile };
  const store = early ?? await adding.openStore();
  return await store.change(async () => {
    // Once more: what it stands on may have gone while a person signed in.
    const mark = await markOf(system, store, settled, []);
    const replaced = adding.replace ? await readable(store, profile.name) : undefined;
    await store.saveProfile(settled, { replace: adding.replace });
    await pending.save(store);
    if (session) await store.saveSession(profile.name, session, mark);
    // What was signed in with a key that no profile has any more would stay, and live on.
    if (replaced) await removeUnshared(system, store, [replaced]);
    return { profile: settled, session };
  });
}

/** The profile of that name; one that is damaged may be replaced too, and tells nothing. */
async function readable(store: Store, name: string): Promise<Profile | undefined> {
  try {
    return await store.profile(name);
  } catch (error) {
    if (error instanceof Failure && error.code !== "files") return undefined;
    throw error;
  }
}

async function sessionOf(system: System, outcome: SignInResult): Promise<Session> {
  if ("error" in outcome) throw outcome.error;
  const { profile, session } = outcome;
  // Where the person chose account and role by name, just these were given.
  const isChosen = factsOf(profile.source).role?.name !== undefined;
  if (session.arn !== undefined || isChosen) return session;
  // GetSessionToken does not tell whose session it made, and a person wants to see it was the right key.
  const { arn, account } = await callerIdentity(system, profile, session);
  return { ...session, arn, account };
}
