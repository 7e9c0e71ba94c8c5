import { parseEndpointUrl } from "./endpoint.ts";
import { usage } from "./failure.ts";
import { regionPartition } from "./partitions.ts";
import type { IdentityCenterSource, NetworkSettings } from "./profile.ts";
import type { Secret } from "./secret.ts";

export interface Portal {
  readonly startUrl: string;
  readonly region: string;
  /** Issues tokens; without a trailing slash. */
  readonly oidcUrl: string;
  /** Serves accounts, roles and credentials; without a trailing slash. */
  readonly portalUrl: string;
}

export interface PortalTokens {
  readonly portal: Portal;
  readonly client: PortalClient;
  readonly accessToken: Secret;
  /** When the access token expires: milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
  readonly issued: number;
  /** Absent if the portal issues none: the user then has to sign in again. */
  readonly refreshToken?: Secret;
}

/** How a user signs in: a browser here redirects back to athm; a device code works from anywhere. */
export type PortalFlow = "browser" | "device";

/** athm's client registration at a portal; only the same client can refresh its tokens. */
export interface PortalClient {
  readonly id: string;
  readonly secret: Secret;
  /** Milliseconds since 1970; AWS allows 90 days. */
  readonly expires: number;
  readonly flow: PortalFlow;
}

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

/** Per endpoint, so that a token never goes to an endpoint that the profile does not use. */
export function portalKey({ startUrl, region, oidcUrl, portalUrl }: Portal): string {
  return `portal ${startUrl} in ${region} by ${oidcUrl} and ${portalUrl}`;
}

/** Follows AWS's endpoint rules: GovCloud's standard endpoints are FIPS endpoints. */
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

/** Drops what browsers append (`/#/`): each portal has one URL. @throws {Failure} `usage` */
export function parseStartUrl(text: string, option = "--sso-start-url"): string {
  const bare = text.replace(/#.*$/s, "");
  if (!/^https?:/i.test(bare) || bare.length > 1024) {
    throw usage(
      `${option} is not an access portal URL`,
      `${option} looks like https://example.awsapps.com/start`,
    );
  }
  return parseEndpointUrl(bare, option).href.replace(/\/+$/, "");
}

/** @throws {Failure} `usage` unless the text is 12 digits */
export function checkAccountId(text: string, option = "--sso-account"): string {
  if (/^\d{12}$/.test(text)) return text;
  throw usage(`${option} is not a 12-digit account ID`);
}

/** A permission set name, which the portal API calls a role name. @throws {Failure} `usage` */
export function checkPortalRole(text: string, option = "--sso-role"): string {
  if (/^[\w+=,.@-]{1,64}$/.test(text)) return text;
  throw usage(
    `${option} is not a valid permission set name: use 1 to 64 letters, digits and _+=,.@-`,
    text.startsWith("arn:") ? "use the name shown in the access portal, not an ARN" : undefined,
  );
}
