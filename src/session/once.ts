import type { Profile } from "../model/profile.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";
import { isAgreed, noProfile, type ProfileSession, renew, unconfirmed } from "./keep.ts";
import type { Proofs } from "../sources/source.ts";
import { factsOf } from "../sources/all_sources.ts";
import { resolved } from "./sign_in/fingerprint.ts";
import { pendingProofs } from "./sign_in/proofs.ts";
import type { SessionUse } from "./use.ts";

export interface OnceOptions extends SessionUse {
  /** Sign-ins kept while this process runs. */
  readonly proofs?: Proofs;
  readonly mfaCode?: string | undefined;
  /** A kept sign-in must be newer than this (milliseconds since 1970). */
  readonly after?: number;
}

/**
 * Makes a session for settings that are not stored, without storing it. Returns the settings with
 * what the sign-in learned.
 */
export async function obtainOnce(
  system: System,
  profile: Profile,
  openStore: () => Promise<Store | undefined>,
  { proofs = pendingProofs(), mfaCode, after = 0, ...use }: OnceOptions = {},
): Promise<ProfileSession> {
  const { base } = factsOf(profile.source);
  const store = base === undefined ? undefined : await openStore();
  if (base !== undefined && !store) throw noProfile(base, []);
  const current = store && await resolved(system, store, profile);
  let { agreed } = use;
  if (store && current && !isAgreed(current, use)) {
    if (use.isRenewal) throw unconfirmed(current.profile, false);
    const { confirmUse } = await import("./confirming.ts");
    agreed = await confirmUse(system, store, profile, { ...use, isUnnamed: true });
  }
  const renewing = { above: [], after, once: true, proofs, mfaCode, ...use, current };
  const outcome = await renew(system, store, profile, renewing);
  if ("error" in outcome) throw outcome.error;
  const { profile: settled, session } = outcome;
  const whole = store ? (await resolved(system, store, settled)).profile : settled;
  return { profile: whole, session, agreed };
}
