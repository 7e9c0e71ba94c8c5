import { connectSts, type Sts } from "../../aws/sts.ts";
import {
  type Credentials,
  type Narrowing,
  rfc3339,
  type Session,
} from "../../model/credentials.ts";
import { Failure } from "../../model/failure.ts";
import { defined } from "../../model/fields.ts";
import { hint, profileName } from "../../model/hint.ts";
import { formatDuration } from "../../model/duration.ts";
import type { Profile, Source } from "../../model/profile.ts";
import type { Secret } from "../../model/secret.ts";
import type {
  ExchangeContext,
  First,
  ProofContext,
  Proofs,
  Refused,
} from "../../sources/source.ts";
import { sourceOf } from "../../sources/all_sources.ts";
import { storeHome } from "../../store/files/home.ts";
import type { System } from "../../system/system.ts";
import { browserFolder } from "./browser_traces.ts";
import { hasPolicies, narrowed, noWay } from "./narrowing.ts";
import { endpointOf } from "./network.ts";
import {
  defaultSessionName,
  isCutShort,
  roleLinks,
  sessionNameIn,
  splitFirstRole,
} from "./roles.ts";
import { type Made, type UserContext, userSession } from "./user_session.ts";
import { trustedPem } from "../../system/trusted_pem.ts";

/** Milliseconds before refetching credentials without an expiration: AWS's shortest session. */
const unknownLife = 15 * 60_000;

/** Percent of a session token's space: above it, the next tag may be one too many. */
const nearlyFull = 90;

/** Characters of a name that GetFederationToken accepts. */
const longestFederatedName = 32;

/** Milliseconds of clock skew before athm warns. */
const notableSkew = 60_000;

export interface SignInContext
  extends
    Pick<ExchangeContext, "system" | "ask" | "sessionOf" | "mfaCode">,
    Pick<ProofContext, "help"> {
  /** A shared sign-in must be newer than this (milliseconds since 1970). */
  readonly after: number;
  readonly proofs: Proofs;
  readonly narrowing?: Narrowing | undefined;
}

/** The outcome of a sign-in: even a failed one may have learned something about the settings. */
export type SignInResult =
  & {
    /** The profile with the settings as resolved; the same object if nothing changed. */
    readonly profile: Profile;
  }
  & (Made | { readonly error: unknown });

/** First credentials from the source, then each role; GetSessionToken for a key without any. */
export async function signIn(profile: Profile, context: SignInContext): Promise<SignInResult> {
  let settled = profile;
  const learn = (source: Source | undefined) => {
    if (source && source !== profile.source) settled = { ...profile, source };
  };
  try {
    return { ...await signedIn(profile, context, learn), profile: settled };
  } catch (error) {
    return { error, profile: settled };
  }
}

async function signedIn(
  profile: Profile,
  context: SignInContext,
  learn: (source: Source | undefined) => void,
): Promise<Made> {
  const { system } = context;
  const { source, network } = profile;
  const endpoint = endpointOf(system, profile);
  const pem = trustedPem(system, profile);
  using stsHttp = await system.http(endpoint.url, pem);
  let sts = connectSts(system, stsHttp, endpoint);
  const sessionName = defaultSessionName(userName(system), system.hostname());
  const kind = sourceOf(source);
  const http = (url: string) => system.http(url, pem);

  const prove = async (refused?: Refused<unknown>) => {
    const folder = (name: string) => browserFolder(system, storeHome(system), name);
    const region = endpoint.signingRegion;
    const proving = { ...context, network, region, http, browserFolder: folder };
    const proven = await kind.prove?.(source, proving, refused) ?? { proof: undefined, source };
    learn(proven.corrected);
    if ("error" in proven) throw proven.error;
    return proven;
  };
  const exchange = async ({ proof, source: told }: { proof: unknown; source: Source }) => {
    const settled = { ...profile, source: told };
    // The role's partition decides where STS is, unless the profile sets a region.
    sts = connectSts(system, stsHttp, endpointOf(system, settled));
    const { role, rest } = splitFirstRole(
      narrowed(system, settled, context.narrowing),
      kind.firstRole,
    );
    const first = await kind.exchange(told, { ...context, http, sts, sessionName, role }, proof);
    learn(told);
    return { first, rest };
  };
  const proven = await prove();
  const { first, rest } = await exchange(proven).catch(async (error) => {
    if (!kind.prove || !(error instanceof Failure && error.code === "aws-proof")) throw error;
    return await exchange(await prove({ proof: proven.proof, error }));
  });

  const { credentials, issued } = first;
  refuseExpired(system, credentials);
  const { roleArns } = rest;
  if (roleArns.length === 0 && !issued && hasPolicies(rest.role)) {
    return await federated(rest, credentials, sessionName, sts, system);
  }
  if (roleArns.length === 0 && credentials.sessionToken && !issued) {
    return { session: asGiven(system, first, credentials.sessionToken) };
  }
  system.trace("sign-in", { source: kind.kind, roles: roleArns.length, url: endpoint.url });
  const made = roleArns.length > 0
    ? await assumeRoles(rest, first, sessionName, { ...context, sts })
    : issued ?? await userSession(rest, credentials, { ...context, sts });
  sayIfClockIsWrong(system, sts.skew || (issued?.session.skew ?? 0));
  sayIfTokenIsFull(system, made);
  return made;
}

/** The narrower session of a key without a role. */
async function federated(
  { source, network, role }: Profile,
  credentials: Credentials,
  sessionName: string,
  sts: Sts,
  system: System,
): Promise<Made> {
  if (credentials.sessionToken) throw noWay({ source, network });
  const { duration, policy, policyArns } = role;
  const made = await sts.getFederationToken(
    credentials,
    defined({ name: sessionName.slice(0, longestFederatedName), duration, policy, policyArns }),
  );
  system.say("athm: note: this session can call no IAM, and of STS only GetCallerIdentity");
  sayIfClockIsWrong(system, sts.skew);
  sayIfTokenIsFull(system, made);
  return made;
}

function refuseExpired(system: System, { expires }: Credentials): void {
  if (expires === undefined || expires > system.now()) return;
  throw new Failure(
    "source",
    `the temporary source credentials expired at ${rfc3339(expires)}`,
    hint`refresh them at their source, replace those kept in a profile with athm aws add ${profileName} --force, or check this machine's clock with athm doctor`,
  );
}

/** Temporary credentials without a role to assume are the session. */
function asGiven(system: System, { credentials, arn }: First, sessionToken: Secret): Session {
  const now = system.now();
  return defined({
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken,
    issued: now,
    expires: credentials.expires ?? now + unknownLife,
    arn,
  });
}

async function assumeRoles(
  profile: Profile,
  first: First,
  sessionName: string,
  context: UserContext,
): Promise<Made> {
  const { system, sts } = context;
  const name = sessionNameIn(first.arn) ?? sessionName;
  const links = roleLinks(profile, { chained: first.chained, sessionName: name });
  if (isCutShort(profile, links)) sayChainIsShort(system, profile);
  // Only an access key can use MFA; roles are then assumed from the resulting session.
  const proven = profile.role.mfaSerial !== undefined && !first.credentials.sessionToken;
  let credentials = proven
    ? (await userSession(profile, first.credentials, { ...context, after: 0 })).session
    : first.credentials;
  let last: Made | undefined;
  for (const { chained: _, ...link } of links) {
    last = await sts.assumeRole(credentials, link);
    credentials = last.session;
  }
  if (!last) throw new Error("a profile without roles reached role assumption");
  return last;
}

function userName({ env }: System): string | undefined {
  return env.get("USER") || env.get("LOGNAME") || env.get("USERNAME") || undefined;
}

function sayChainIsShort(system: System, { role }: Profile): void {
  const asked = formatDuration(role.duration ?? 0);
  system.say(
    `athm: note: AWS limits a role assumed from another role to 1h, so the session lasts 1h instead of ${asked}`,
  );
}

function sayIfTokenIsFull(system: System, { tokenUtilization }: Made): void {
  if (tokenUtilization === undefined) return;
  system.trace("session token", { utilization: tokenUtilization });
  if (tokenUtilization < nearlyFull) return;
  system.say(
    `athm: note: the session token is ${tokenUtilization}% full: policies and tags have to fit into its 4,096 bytes`,
  );
}

function sayIfClockIsWrong(system: System, skew: number): void {
  if (Math.abs(skew) < notableSkew) return;
  const much = formatDuration(Math.round(Math.abs(skew) / 60_000) * 60);
  system.say(
    `athm: warning: this machine's clock is ${much} ${skew > 0 ? "behind" : "ahead of"} AWS's; ` +
      "athm compensates, other programs may not",
  );
}
