import { connectSts, type Issued, type Sts } from "../aws/sts.ts";
import { type Credentials, rfc3339, type Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { hint, profileName } from "../model/hint.ts";
import { formatDuration } from "../model/duration.ts";
import type { IdentityCenterSource, Profile, Source } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { Obtained, SignedInPortal, SourceContext } from "../sources/source.ts";
import { sourceOf } from "../sources/table.ts";
import { type Mfa, withMfaCode } from "../signin/mfa_code.ts";
import { storeHome } from "../store/home.ts";
import type { System } from "../system/system.ts";
import { endpointOf, trustedPem } from "./network.ts";
import { sharedSignIn, type SharedSignIns, userDuration } from "./shared_sign_in.ts";
import {
  defaultSessionName,
  isCutShort,
  roleLinks,
  sessionNameIn,
  splitFirstRole,
} from "./roles.ts";

/**
 * Milliseconds for which credentials that do not say when they run out are handed out before they
 * are fetched again: the shortest session that AWS gives.
 */
const unknownLife = 15 * 60_000;

/** Milliseconds by which two clocks may differ before a person is told. */
const notableSkew = 60_000;

/** What a sign-in may use. */
export interface SignInContext
  extends Pick<SourceContext, "system" | "ask" | "sessionOf" | "mfaCode"> {
  /** A shared sign-in that is no newer than this (milliseconds since 1970) was not good enough. */
  readonly after: number;
  readonly shared: SharedSignIns;
  /** Told of every session that AWS issues on the way; the last is the one that was wanted. */
  readonly issued: (issued: Issued) => void;
  /** Told what the source's settings turned out to be. */
  readonly learn: (source: Source) => void;
}

/**
 * Makes a new session: first credentials from the source, then each role in turn, or GetSessionToken
 * for a lasting key that assumes none.
 *
 * @throws {Failure} whatever the source or AWS refuses; nothing is kept then.
 */
export async function signIn(profile: Profile, context: SignInContext): Promise<Session> {
  const { system, shared } = context;
  const endpoint = endpointOf(system, profile);
  const pem = trustedPem(system, profile);
  using http = await system.http(endpoint.url, pem);
  let sts = connectSts(system, http, endpoint);
  const sessionName = defaultSessionName(userName(system), system.hostname());
  const source = sourceOf(profile.source);
  const { firstRole, rest } = source.assumesFirstRole
    ? splitFirstRole(profile)
    : { firstRole: undefined, rest: profile };
  const first = await source.obtain(profile.source, {
    ...context,
    sessionName,
    firstRole,
    trustedPem: pem,
    sts,
    stsFor: (source) => {
      // The role's partition decides where STS is, unless the profile says so itself.
      sts = connectSts(system, http, endpointOf(system, { ...profile, source }));
      return sts;
    },
    home: () => storeHome(system),
    role: profile.roleArns.length === 0 ? profile.role : {},
    assertion: shared.assertion,
    forgetAssertion: shared.forgetAssertion,
    http: (url) => system.http(url, pem),
    portalToken: (source) => signInToPortal(profile, context, source),
  });
  if (first.issued) context.issued(first.issued);
  const { roleArns } = rest;
  if (roleArns.length === 0 && first.credentials.sessionToken && !first.issued) {
    return asGiven(system, first, first.credentials.sessionToken);
  }

  system.trace("sign-in", {
    source: profile.source.kind,
    roles: roleArns.length,
    url: endpoint.url,
  });
  const issued = roleArns.length > 0
    ? await assumeRoles(context, sts, rest, first, sessionName)
    : first.issued?.session ??
      await userSession(context, sts, rest, first.credentials, context.after);
  sayIfClockIsWrong(system, sts);
  return issued;
}

/** The shared sign-in at the portal of a source. */
async function signInToPortal(
  { network }: Profile,
  { system, shared }: SignInContext,
  source: IdentityCenterSource,
): Promise<SignedInPortal> {
  const pem = trustedPem(system, { network });
  const { accessToken } = await import("./portal_tokens.ts");
  const { portalOf } = await import("../model/portal.ts");
  const portal = portalOf(source, network);
  const context = {
    system,
    shared,
    http: (url: string) => system.http(url, pem),
    deviceCode: source.deviceCode ?? false,
    hint: `sign in on a terminal first: ${listingOf(source)}`,
  };
  const token = await accessToken(context, portal);
  return { portal, token, again: (rejected) => accessToken(context, portal, rejected) };
}

/** A command that signs in and needs no profile. */
function listingOf(source: IdentityCenterSource): string {
  const { startUrl, region, portalEndpointUrl: portal, oidcEndpointUrl: oidc } = source;
  const endpoints = [
    ...portal === undefined ? [] : [`--sso-endpoint-url ${portal}`],
    ...oidc === undefined ? [] : [`--sso-oidc-endpoint-url ${oidc}`],
  ];
  return [`athm aws sso ls ${startUrl} --sso-region ${region}`, ...endpoints].join(" ");
}

/** Temporary credentials that no role follows are the session themselves. */
function asGiven(system: System, { credentials, arn }: Obtained, sessionToken: Secret): Session {
  const now = system.now();
  if (credentials.expires !== undefined && credentials.expires <= now) {
    throw new Failure(
      "source",
      `the temporary credentials that it starts from ran out at ${rfc3339(credentials.expires)}`,
      hint`get new ones where they come from; those that are kept in a profile are replaced by athm aws add ${profileName} --force`,
    );
  }
  return {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken,
    issued: now,
    expires: credentials.expires ?? now + unknownLife,
    ...arn === undefined ? {} : { arn },
  };
}

/** The user's own session; one that a person proved with a code is shared by all who need it. */
async function userSession(
  context: SignInContext,
  sts: Sts,
  profile: Profile,
  credentials: Credentials,
  after: number,
): Promise<Session> {
  const duration = userDuration(profile);
  const own = duration === undefined ? {} : { duration };
  const call = async (factor: Partial<Mfa>) => {
    const issued = await sts.getSessionToken(credentials, { ...own, ...factor });
    context.issued(issued);
    return issued.session;
  };
  const { mfaSerial: serial, mfaCommand: command } = profile.role;
  const make = (earlier?: Session) =>
    serial === undefined ? call({}) : withMfaCode({
      system: context.system,
      ask: context.ask,
      serial,
      command,
      given: context.mfaCode,
      lastUsed: earlier?.issued,
    }, call);
  const id = await sharedSignIn(profile, credentials);
  return id ? await context.shared.get(id, after, make) : await make();
}

async function assumeRoles(
  context: SignInContext,
  sts: Sts,
  profile: Profile,
  first: Obtained,
  sessionName: string,
): Promise<Session> {
  const { system } = context;
  const name = sessionNameIn(first.arn) ?? sessionName;
  const links = roleLinks(profile, { chained: first.chained, sessionName: name });
  if (isCutShort(profile, links)) sayChainIsShort(system, profile);
  // Only a lasting key can show a second factor; roles are then assumed from the session it gave.
  const proven = profile.role.mfaSerial !== undefined && !first.credentials.sessionToken;
  let credentials = proven
    ? await userSession(context, sts, profile, first.credentials, 0)
    : first.credentials;
  let last: Session | undefined;
  for (const { chained: _, ...link } of links) {
    const issued = await sts.assumeRole(credentials, link);
    context.issued(issued);
    credentials = last = issued.session;
  }
  if (!last) throw new Error("a profile without roles came to assume one");
  return last;
}

function userName({ env }: System): string | undefined {
  return env.get("USER") || env.get("LOGNAME") || env.get("USERNAME") || undefined;
}

function sayChainIsShort(system: System, { role }: Profile): void {
  const asked = formatDuration(role.duration ?? 0);
  system.say(
    `athm: note: AWS gives a role that is assumed from another role at most 1h, so not ${asked}`,
  );
}

function sayIfClockIsWrong(system: System, { skew }: Sts): void {
  if (Math.abs(skew) < notableSkew) return;
  const much = formatDuration(Math.round(Math.abs(skew) / 60_000) * 60);
  system.say(
    `athm: warning: this machine's clock is ${much} ${skew > 0 ? "behind" : "ahead of"} AWS's; ` +
      "athm allows for it, other programs may not",
  );
}
