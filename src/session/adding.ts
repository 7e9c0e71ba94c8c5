import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { Profile, ResolvedProfile } from "../model/profile.ts";
import { factsOf } from "../sources/all_sources.ts";
import { sameProfile } from "../store/sealing/records.ts";
import { readingOnce, type Store } from "./stores.ts";
import type { System } from "../system/system.ts";
import { browserTraces } from "./sign_in/browser_traces.ts";
import { callerIdentity } from "./sign_in/identity.ts";
import { renew } from "./keep.ts";
import { resolved, standsOnNothing } from "./sign_in/fingerprint.ts";
import { pendingProofs, storedProofs } from "./sign_in/proofs.ts";
import { endpointOf } from "./sign_in/network.ts";
import type { SignInResult } from "./sign_in/sign_in.ts";
import { removeUnshared } from "./unshared.ts";
import { asCourtesy } from "../store/files/writing.ts";

export interface Adding {
  readonly store: Store | undefined;
  /** Opens the store when there is something to save, creating it if necessary. */
  readonly openStore: () => Promise<Store>;
  readonly replace: boolean;
  /** The profile with the same source that this one replaces. */
  readonly replaced?: Profile;
  readonly login: boolean;
  /** Sign-ins made so far, to save with the profile. */
  readonly pending?: ReturnType<typeof pendingProofs>;
  readonly mfaCode?: string | undefined;
}

/** A saved profile, with what the first sign-in added to its settings. */
export interface Added {
  readonly profile: ResolvedProfile;
  readonly session: Session | undefined;
}

/** Signs in, then saves profile and session. If the sign-in fails, nothing is saved. */
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

async function signInAndSave(system: System, profile: Profile, adding: Adding): Promise<Added> {
  const early = adding.store;
  // Fail before creating a store or prompting for its passphrase.
  const { base } = factsOf(profile.source);
  if (!early && base !== undefined) throw standsOnNothing(profile.name, base);
  if (early) endpointOf(system, (await resolved(system, early, profile)).profile);
  const { pending = pendingProofs() } = adding;
  // Run an MFA command now, or a broken one would go unnoticed until it is needed.
  const { mfaCommand } = profile.role;
  const isKnown = mfaCommand === undefined || mfaCommand === adding.replaced?.role.mfaCommand;
  const known = early && isKnown;
  const proofs = known ? storedProofs(system, early) : pending;
  const { mfaCode } = adding;
  const renewing = { above: [], after: 0, adding: true, proofs, mfaCode };
  const outcome = adding.login ? await renew(system, early, profile, renewing) : undefined;
  if (known && outcome && "error" in outcome) {
    await forgetLearned(system, early, profile, outcome.profile);
  }
  const session = outcome && await sessionOf(system, early, outcome);
  const { profile: settled } = outcome ?? { profile };
  const store = early ?? await adding.openStore();
  return await store.change(async () => {
    // Check again: the base profile may have been removed during the sign-in.
    const { profile: whole, mark } = await resolved(system, store, settled);
    const replaced = adding.replace ? await readable(store, profile.name) : undefined;
    if (adding.replaced) refuseChanged(adding.replaced, replaced);
    await store.saveProfile(settled, { replace: adding.replace });
    await asCourtesy(system, `the session of ${profile.name} is not kept`, async () => {
      await pending.save(store);
      if (session) await store.saveSession(profile.name, session, mark);
    });
    // Remove shared sessions that no profile uses anymore.
    const clean = () => removeUnshared(system, store, replaced ? [replaced] : []);
    if (replaced) await asCourtesy(system, "an unused sign-in is still kept", clean);
    return { profile: whole, session };
  });
}

/** What a person saw, or was asked about, is no longer what is stored. */
function refuseChanged(before: Profile, now: Profile | undefined): void {
  if (now && sameProfile(now, before)) return;
  throw new Failure(
    "exists",
    `another athm process just changed ${before.name}`,
    "run the command again",
  );
}

/** Forgets a sign-in that can only be found with learned settings that are not saved. */
async function forgetLearned(
  system: System,
  store: Store,
  before: Profile,
  learned: Profile,
): Promise<void> {
  const nameOf = async ({ source, network }: Profile) =>
    (await factsOf(source).signIn?.(network))?.name;
  if (await nameOf(before) === await nameOf(learned)) return;
  const forget = () => removeUnshared(system, store, [learned]);
  await asCourtesy(system, "an unused sign-in is still kept", forget);
}

/** A profile of an import. */
export interface Imported {
  readonly profile: Profile;
  readonly replace: boolean;
  /** The only one that it may replace. */
  readonly replaced?: Profile | undefined;
}

/**
 * Saves imported profiles without signing in; each base comes before its dependents.
 * Returns why some were not saved.
 */
export async function keepImported(
  system: System,
  store: Store,
  imported: readonly Imported[],
): Promise<ReadonlyMap<Profile, Failure>> {
  return await store.change(async () => {
    const refused = new Map<Profile, Failure>();
    const known = readingOnce(store);
    const replaced: Profile[] = [];
    const fit: Imported[] = [];
    for (const each of imported) {
      const { profile, replace } = each;
      try {
        await resolved(system, known, profile);
        const old = replace ? await readable(store, profile.name) : undefined;
        if (each.replaced) refuseChanged(each.replaced, old);
        if (old) replaced.push(old);
        known.know(profile);
        fit.push(each);
      } catch (error) {
        refused.set(profile, failure(error));
      }
    }
    try {
      for (const [profile, why] of await store.saveProfiles(fit)) refused.set(profile, why);
    } catch (error) {
      // A full disk, for example: some may be saved.
      for (const { profile } of fit) {
        const there = await readable(store, profile.name);
        if (!there || !sameProfile(there, profile)) refused.set(profile, failure(error));
      }
    }
    const clean = () => removeUnshared(system, store, replaced);
    if (replaced.length) await asCourtesy(system, "an unused sign-in is still kept", clean);
    return refused;
  });
}

function failure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** The profile of that name, or nothing if it is damaged: it may be replaced too. */
async function readable(store: Store, name: string): Promise<Profile | undefined> {
  try {
    return await store.profile(name);
  } catch (error) {
    if (error instanceof Failure && error.code !== "files") return undefined;
    throw error;
  }
}

async function sessionOf(
  system: System,
  store: Store | undefined,
  outcome: SignInResult,
): Promise<Session> {
  if ("error" in outcome) throw outcome.error;
  const { session } = outcome;
  const { profile } = store ? await resolved(system, store, outcome.profile) : outcome;
  // If the person picked account and role by name, they already know them.
  const isChosen = factsOf(profile.source).role?.name !== undefined || profile.roleArns.length > 0;
  if (session.arn !== undefined || isChosen) return session;
  // GetSessionToken does not return the identity; show the person that it was the right key.
  try {
    const { arn, account } = await callerIdentity(system, profile, session);
    return { ...session, arn, account };
  } catch (error) {
    if (!(error instanceof Failure && error.code === "aws-not-offered")) throw error;
    system.say(`athm: note: whose session this is cannot be shown: ${error.message}`);
    return session;
  }
}
