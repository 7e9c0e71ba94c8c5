import { portalAccess, tokenRefused } from "../aws/sso_portal.ts";
import { Failure } from "../model/failure.ts";
import { type Portal, portalCommand, portalOf, type PortalTokens } from "../model/portal.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import { locatePortal } from "./portal_address.ts";
import { portalTokens } from "./portal_tokens.ts";
import {
  type ExchangeContext,
  type First,
  issuedFirst,
  type ProofContext,
  type Proven,
} from "./source.ts";

/** Tokens of the source's portal, other than any it refused. */
export async function proveAtPortal(
  source: IdentityCenterSource,
  { network, ...context }: ProofContext,
  refused: PortalTokens | undefined,
): Promise<Proven<IdentityCenterSource, PortalTokens>> {
  // Profiles of the AWS CLI may have an organization's own URL.
  const place = await locatePortal(context.system, source, context.http);
  const located = place.startUrl === source.startUrl ? source : { ...source, ...place };
  const portal = portalOf(located, network);
  const signing = {
    ...context,
    deviceCode: source.deviceCode ?? false,
    hint: `sign in on a terminal first: ${portalCommand("sso ls", portal, network)}`,
  };
  return { source: located, proof: await portalTokens(signing, portal, refused?.accessToken) };
}

/** @throws {Failure} `aws-proof` for a revoked token, or what the portal refuses */
export async function roleOfPortal(
  { accountId, roleName }: IdentityCenterSource,
  { system, http: connect }: ExchangeContext,
  { portal, accessToken }: PortalTokens,
): Promise<First> {
  using http = await connect(portal.portalUrl);
  const access = portalAccess(system, http, portal);
  const issued = await access.roleCredentials(accessToken, accountId, roleName);
  if (issued === tokenRefused) throw newTokenRefused(portal);
  return issuedFirst(issued);
}

/** The error if the portal rejects even a new token. */
export function newTokenRefused(portal: Portal): Failure {
  return new Failure(
    "aws-proof",
    `the access portal ${portal.startUrl} rejected the token that it just issued`,
    `forget the sign-in and try again: ${portalCommand("sso logout", portal)}`,
  );
}
