import type { Sts } from "../../aws/sts.ts";
import { type Credentials, defaultMinTtl, isFresh, type Session } from "../../model/credentials.ts";
import { defined } from "../../model/fields.ts";
import type { Profile } from "../../model/profile.ts";
import { type Mfa, withMfaCode } from "../../signin/mfa_code.ts";
import type { ExchangeContext, ProofContext } from "../../sources/source.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { canonical, digest } from "./fingerprint.ts";

/** Identifies a sign-in that several profiles may share. */
export interface SignInId {
  /** The name it is kept under; not a legal profile name. */
  readonly name: string;
  readonly fingerprint: string;
}

export interface Made {
  readonly session: Session;
  /** AWS's request ID, if it was made now. */
  readonly requestId?: string | undefined;
  /** How full its token is, in percent. */
  readonly tokenUtilization?: number | undefined;
}

export interface UserContext
  extends Pick<ProofContext, "system" | "proofs" | "ask">, Pick<ExchangeContext, "mfaCode"> {
  readonly sts: Sts;
  /** A shared session must be newer than this (milliseconds since 1970). */
  readonly after: number;
}

/** Seconds, if set. A role's duration does not apply: AWS's default is 12 hours. */
export function userDuration({ role, roleArns }: Profile): number | undefined {
  return role.mfaDuration ?? (roleArns.length === 0 ? role.duration : undefined);
}

/**
 * The sign-in that a profile shares with others: the same key, or the same AWS profile, with a code
 * of the same MFA device. Profiles share it only if they set the same endpoint and the same
 * duration; user sessions work in all regions, so the region does not matter. Nothing, if it shares
 * none.
 *
 * @param found the credentials from an ambient source; without them only the name is right
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

/** The user's own session; one made with an MFA code is shared by all profiles that need it. */
export async function userSession(
  profile: Profile,
  credentials: Credentials,
  { system, sts, proofs, ask, mfaCode, after }: UserContext,
): Promise<Made> {
  const own = defined({ duration: userDuration(profile) });
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
