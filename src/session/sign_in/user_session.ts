import type { Sts } from "../../aws/sts.ts";
import { type Credentials, defaultMinTtl, isFresh, type Session } from "../../model/credentials.ts";
import type { Profile } from "../../model/profile.ts";
import { type Mfa, withMfaCode } from "../../signin/mfa_code.ts";
import type { ExchangeContext, ProofContext } from "../../sources/source.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { canonical, digest } from "./fingerprint.ts";

/** What identifies a sign-in that several profiles may share. */
export interface SignInId {
  /** What it is kept under; no profile can have such a name. */
  readonly name: string;
  readonly fingerprint: string;
}

/** A session as it was made now, or kept. */
export interface Made {
  readonly session: Session;
  /** AWS's number of the request that made it, where that was now. */
  readonly requestId?: string | undefined;
}

/** What making a user's session may use. */
export interface UserContext
  extends Pick<ProofContext, "system" | "proofs" | "ask">, Pick<ExchangeContext, "mfaCode"> {
  readonly sts: Sts;
  /** A shared session that is no newer than this (milliseconds since 1970) was not good enough. */
  readonly after: number;
}

/**
 * Seconds that a user's session is asked for, where the profile says so. A role's duration is not the
 * user session's, which then lives its 12 hours.
 */
export function userDuration({ role, roleArns }: Profile): number | undefined {
  return role.mfaDuration ?? (roleArns.length === 0 ? role.duration : undefined);
}

/**
 * The sign-in that a profile shares with others: the same key with a code of the same MFA device. The
 * key is the profile's own, or that of the same AWS profile. Where a profile insists on an endpoint, it
 * is shared by those that insist on the same; a region alone is no reason to ask a person twice, since
 * user sessions are good in all of them. Where a profile says how long it is to last, it is shared by
 * those that say the same: nobody is given a longer session than they asked for, or a shorter one.
 * Nothing, when it shares none.
 *
 * @param found the credentials that an ambient source gave; without them the name alone is right
 */
export async function sharedSignIn(
  profile: Profile,
  found?: Credentials,
): Promise<SignInId | undefined> {
  const { source, role: { mfaSerial }, network } = profile;
  const { key: own } = factsOf(source);
  const key = own?.credentials ?? found;
  if (mfaSerial === undefined || !own || key?.sessionToken) return undefined;
  const { endpointUrl, fips, dualstack } = network;
  const place = canonical({ endpointUrl, fips, dualstack, duration: userDuration(profile) });
  return {
    name: `${own.name} with ${mfaSerial} at ${place}`,
    fingerprint: await digest([key?.accessKeyId, key?.secretAccessKey, mfaSerial, place]),
  };
}

/** The user's own session; one that a person proved with a code is shared by all who need it. */
export async function userSession(
  profile: Profile,
  credentials: Credentials,
  { system, sts, proofs, ask, mfaCode, after }: UserContext,
): Promise<Made> {
  const duration = userDuration(profile);
  const own = duration === undefined ? {} : { duration };
  let requestId: string | undefined;
  const call = async (factor: Partial<Mfa>) => {
    const issued = await sts.getSessionToken(credentials, { ...own, ...factor });
    requestId = issued.requestId;
    return issued.session;
  };
  const { mfaSerial: serial, mfaCommand: command } = profile.role;
  const make = (earlier?: Session) =>
    serial === undefined ? call({}) : withMfaCode(
      { system, ask, serial, command, given: mfaCode, lastUsed: earlier?.issued },
      call,
    );
  const id = await sharedSignIn(profile, credentials);
  if (!id) return { session: await make(), requestId };
  const { fingerprint } = id;
  const ofThis = (kept: { readonly fingerprint: string } | undefined) =>
    kept?.fingerprint === fingerprint;
  const { session } = await proofs.get("sessions", id.name, {
    good: (kept) =>
      ofThis(kept) && isFresh(kept.session, system.now(), defaultMinTtl) &&
      kept.session.issued > after,
    make: async (kept) => ({
      session: await make(ofThis(kept) ? kept?.session : undefined),
      fingerprint,
    }),
  });
  return { session, requestId };
}
