import { portalAccess, tokenRefused } from "../aws/sso_portal.ts";
import { Failure } from "../model/failure.ts";
import { type Portal, portalOf, type PortalTokens } from "../model/portal.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
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
  const signing = {
    ...context,
    deviceCode: source.deviceCode ?? false,
    hint: `sign in on a terminal first: ${listingOf(source)}`,
  };
  const portal = portalOf(source, network);
  return { source, proof: await portalTokens(signing, portal, refused?.accessToken) };
}

function listingOf(source: IdentityCenterSource): string {
  const { startUrl, region, portalEndpointUrl: portal, oidcEndpointUrl: oidc } = source;
  const endpoints = [
    ...portal === undefined ? [] : [`--sso-endpoint-url ${portal}`],
    ...oidc === undefined ? [] : [`--sso-oidc-endpoint-url ${oidc}`],
  ];
  return [`athm aws sso ls ${startUrl} --sso-region ${region}`, ...endpoints].join(" ");
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
export function newTokenRefused({ startUrl }: Portal): Failure {
  return new Failure(
    "aws-proof",
    `the access portal ${startUrl} rejected the token that it just issued`,
    `forget the sign-in and try again: athm aws sso logout ${startUrl}`,
  );
}
