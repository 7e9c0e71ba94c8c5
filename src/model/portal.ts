import { parseEndpointUrl } from "./endpoint.ts";
import { usage } from "./failure.ts";
import { regionPartition } from "./partitions.ts";
import type { IdentityCenterSource, NetworkSettings } from "./profile.ts";
import type { Secret } from "./secret.ts";

/**
 * An access portal of IAM Identity Center, as athm reaches it. One sign-in there is good for all
 * accounts and roles that the person has.
 */
export interface Portal {
  readonly startUrl: string;
  readonly region: string;
  /** Where tokens come from, without a slash at the end. */
  readonly oidcUrl: string;
  /** Where accounts, roles and credentials come from, without a slash at the end. */
  readonly portalUrl: string;
}

/** What a sign-in at a portal gave. */
export interface PortalTokens {
  readonly portal: Portal;
  readonly client: PortalClient;
  readonly accessToken: Secret;
  /** When it runs out: milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
  readonly issued: number;
  /** Absent where the portal gives none: then a person signs in again. */
  readonly refreshToken?: Secret;
}

/** How a person signs in: a browser on this machine comes back by itself, a code works from anywhere. */
export type PortalFlow = "browser" | "device";

/** athm as the portal knows it; the tokens of a sign-in are refreshed as the same client. */
export interface PortalClient {
  readonly id: string;
  readonly secret: Secret;
  /** Milliseconds since 1970; AWS gives 90 days. */
  readonly expires: number;
  readonly flow: PortalFlow;
}

/** The portal that a source signs in to. */
export function portalOf(
  source: Pick<
    IdentityCenterSource,
    "startUrl" | "region" | "oidcEndpointUrl" | "portalEndpointUrl"
  >,
  network: Pick<NetworkSettings, "fips" | "dualstack">,
): Portal {
  const { startUrl, region } = source;
  return {
    startUrl,
    region,
    oidcUrl: source.oidcEndpointUrl ?? `https://${portalHost("oidc", region, network)}`,
    portalUrl: source.portalEndpointUrl ?? `https://${portalHost("portal.sso", region, network)}`,
  };
}

/**
 * What a sign-in at a portal is kept under. Those that are reached by other endpoints are kept apart,
 * so that no token is sent where a profile does not want it.
 */
export function portalKey({ startUrl, region, oidcUrl, portalUrl }: Portal): string {
  return `portal ${startUrl} in ${region} by ${oidcUrl} and ${portalUrl}`;
}

/** The names of AWS's own rule set; GovCloud's plain ones are FIPS endpoints. */
function portalHost(
  service: "oidc" | "portal.sso",
  region: string,
  { fips, dualstack }: Pick<NetworkSettings, "fips" | "dualstack">,
): string {
  const partition = regionPartition(region, "--sso-region");
  const plain = !fips || (partition.id === "aws-us-gov" && !dualstack);
  const suffix = dualstack ? partition.dualstackSuffix : partition.dnsSuffix;
  return `${plain ? service : `${service}-fips`}.${region}.${suffix}`;
}

/**
 * The portal's address without what a browser's address bar adds to it (`/#/`), since the same portal
 * must have one name.
 *
 * @throws {Failure} `usage`
 */
export function parseStartUrl(text: string, option = "--sso-start-url"): string {
  const bare = text.replace(/#.*$/s, "");
  if (!/^https?:/i.test(bare) || bare.length > 1024) {
    throw usage(
      `${option} is not the address of an access portal`,
      `${option} looks like https://example.awsapps.com/start`,
    );
  }
  return parseEndpointUrl(bare, option).href.replace(/\/+$/, "");
}

/** @throws {Failure} `usage` when it is not 12 digits. */
export function checkAccountId(text: string, option = "--sso-account"): string {
  if (/^\d{12}$/.test(text)) return text;
  throw usage(`${option} is not an account's number, which is 12 digits`);
}

/**
 * A permission set's name, which Identity Center calls a role's.
 *
 * @throws {Failure} `usage`
 */
export function checkPortalRole(text: string, option = "--sso-role"): string {
  if (/^[\w+=,.@-]{1,64}$/.test(text)) return text;
  throw usage(
    `${option} is not the name of a permission set: 1 to 64 letters, digits and _+=,.@-`,
    text.startsWith("arn:") ? "give its name as the access portal shows it, not an ARN" : undefined,
  );
}
