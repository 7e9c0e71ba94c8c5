import { connectSts, type Sts } from "../aws/sts.ts";
import type { Credentials, Session } from "../model/credentials.ts";
import { formatDuration } from "../model/duration.ts";
import type { Profile } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { Obtained, SourceContext } from "../sources/source.ts";
import { sourceOf } from "../sources/table.ts";
import type { System } from "../system/system.ts";
import { mfa } from "./mfa.ts";
import { endpointOf, trustedPem } from "./network.ts";
import { defaultSessionName, isCutShort, roleLinks, sessionNameIn } from "./roles.ts";

/**
 * Milliseconds for which credentials that do not say when they run out are handed out before they
 * are fetched again: the shortest session that AWS gives.
 */
const unknownLife = 15 * 60_000;

/** Milliseconds by which two clocks may differ before a person is told. */
const notableSkew = 60_000;

/**
 * Makes a new session: first credentials from the source, then each role in turn, or GetSessionToken
 * for a lasting key that assumes none.
 *
 * @throws {Failure} whatever the source or AWS refuses; nothing is kept then.
 */
export async function signIn(profile: Profile, context: SourceContext): Promise<Session> {
  const { system } = context;
  const endpoint = endpointOf(system, profile);
  const caPem = trustedPem(system, profile);
  const first = await sourceOf(profile.source).obtain(profile.source, context);
  const { roleArns } = profile;
  if (roleArns.length === 0 && first.credentials.sessionToken) {
    return asGiven(system, first, first.credentials.sessionToken);
  }

  using http = await system.http(caPem);
  const sts = connectSts(system, http, endpoint);
  system.trace("sign-in", {
    source: profile.source.kind,
    roles: roleArns.length,
    url: endpoint.url,
  });
  const issued = roleArns.length === 0
    ? await sessionToken(context, sts, profile, first.credentials)
    : await assumeRoles(context, sts, profile, first);
  if (Math.abs(sts.skew) >= notableSkew) sayClockIsWrong(system, sts.skew);
  return issued;
}

/** Temporary credentials that no role follows are the session themselves. */
function asGiven(system: System, { credentials, arn }: Obtained, sessionToken: Secret): Session {
  const now = system.now();
  return {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken,
    issued: now,
    expires: credentials.expires ?? now + unknownLife,
    ...arn === undefined ? {} : { arn },
  };
}

async function sessionToken(
  context: SourceContext,
  sts: Sts,
  { role }: Profile,
  credentials: Credentials,
): Promise<Session> {
  const { session } = await sts.getSessionToken(credentials, {
    ...role.duration === undefined ? {} : { duration: role.duration },
    ...await mfa(context, role),
  });
  return session;
}

async function assumeRoles(
  context: SourceContext,
  sts: Sts,
  profile: Profile,
  first: Obtained,
): Promise<Session> {
  const { system } = context;
  const sessionName = sessionNameIn(first.arn) ??
    defaultSessionName(userName(system), system.hostname());
  const links = roleLinks(profile, { chained: first.chained, sessionName });
  if (isCutShort(profile, links)) sayChainIsShort(system, profile);
  let credentials = first.credentials;
  let last: Session | undefined;
  for (const { chained: _, ...link } of links) {
    // Only a lasting key can show a second factor: what a role's session does was proven before.
    const factor = credentials.sessionToken ? {} : await mfa(context, profile.role);
    const issued = await sts.assumeRole(credentials, { ...link, ...factor });
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

function sayClockIsWrong(system: System, skew: number): void {
  const much = formatDuration(Math.round(Math.abs(skew) / 60_000) * 60);
  system.say(
    `athm: warning: this machine's clock is ${much} ${skew > 0 ? "behind" : "ahead of"} AWS's; ` +
      "athm allows for it, other programs may not",
  );
}
