import { type CallerIdentity, connectSts, type Sts, type WebToken } from "../../aws/sts.ts";
import type { WebTokenRequest } from "../../aws/sts_requests.ts";
import { notTyped } from "../../model/failure.ts";
import type { Session } from "../../model/credentials.ts";
import type { Profile } from "../../model/profile.ts";
import type { System } from "../../system/system.ts";
import { endpointOf } from "./network.ts";
import { trustedPem } from "../../system/trusted_pem.ts";

export function callerIdentity(
  system: System,
  profile: Profile,
  session: Session,
): Promise<CallerIdentity> {
  return withSts(system, profile, (sts) => sts.getCallerIdentity(session));
}

/** A token by which other services verify the session's identity. */
export function webIdentityToken(
  system: System,
  profile: Profile,
  session: Session,
  request: WebTokenRequest,
): Promise<WebToken> {
  return withSts(system, profile, (sts) => sts.getWebIdentityToken(session, request));
}

async function withSts<T>(
  system: System,
  profile: Profile,
  ask: (sts: Sts) => Promise<T>,
): Promise<T> {
  try {
    const endpoint = endpointOf(system, profile);
    using http = await system.http(endpoint.url, trustedPem(system, profile));
    return await ask(connectSts(system, http, endpoint));
  } catch (error) {
    throw notTyped(error); // the session came from what was typed
  }
}
