import type { Session } from "../model/credentials.ts";
import type { Profile } from "../model/profile.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";
import { noProfile, renew } from "./keep.ts";
import { pendingSignIns, type SharedSignIns } from "./shared_sign_in.ts";

/** How a session that is not stored is made. */
export interface OnceOptions {
  /** Sign-ins that are kept for as long as this process runs. */
  readonly shared?: SharedSignIns;
  readonly mfaCode?: string | undefined;
  /** A kept sign-in that is no newer than this (milliseconds since 1970) is not good enough. */
  readonly after?: number;
}

/** A session for settings that are stored nowhere; it is not stored either. */
export async function obtainOnce(
  system: System,
  profile: Profile,
  openStore: () => Promise<Store | undefined>,
  { shared = pendingSignIns(system), mfaCode, after = 0 }: OnceOptions = {},
): Promise<Session> {
  const { source } = profile;
  const store = source.kind === "profile" ? await openStore() : undefined;
  if (source.kind === "profile" && !store) throw noProfile(source.from, []);
  return await renew(system, store, profile, {
    above: [],
    after,
    once: true,
    shared,
    mfaCode,
    learn: () => {},
  });
}
