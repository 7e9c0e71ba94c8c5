import { defined } from "./fields.ts";
import { quote, usage } from "./failure.ts";
import { regionPartition } from "./partitions.ts";
import type { IdentityCenterSource, NetworkSettings } from "./profile.ts";
import type { Secret } from "./secret.ts";
import { regionInStartUrl } from "./start_url.ts";

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

/** The settings for a portal's endpoints, without those that AWS's rule derives. */
export function endpointsBehind(
  { startUrl, region, oidcUrl, portalUrl }: Portal,
): Pick<NetworkSettings, "fips" | "dualstack"> & Endpoints {
  const ways = [{}, { fips: true }, { dualstack: true }, { fips: true, dualstack: true }]
    .map((network) => {
      const usual = portalOf({ startUrl, region }, network);
      return defined({
        ...network,
        portalEndpointUrl: portalUrl === usual.portalUrl ? undefined : portalUrl,
        oidcEndpointUrl: oidcUrl === usual.oidcUrl ? undefined : oidcUrl,
      });
    });
  const own = ({ portalEndpointUrl, oidcEndpointUrl }: Endpoints) =>
    [portalEndpointUrl, oidcEndpointUrl].filter((each) => each !== undefined).length;
  return ways.reduce((best, way) => own(way) < own(best) ? way : best);
}

type Endpoints = Pick<IdentityCenterSource, "portalEndpointUrl" | "oidcEndpointUrl">;

/** A command line about the portal, for a hint; `sso ls` also signs in. */
export function portalCommand(
  command: "sso ls" | "sso logout",
  portal: Portal,
  { caBundle, deviceCode }: {
    readonly caBundle?: string | undefined;
    readonly deviceCode?: boolean | undefined;
  } = {},
): string {
  const { startUrl, region } = portal;
  const words = ["athm aws", command, quote(startUrl)];
  const option = (name: string, value: string | undefined) => {
    if (value !== undefined) words.push(`--${name}`, quote(value));
  };
  if (command === "sso ls") {
    const { fips, dualstack, portalEndpointUrl, oidcEndpointUrl } = endpointsBehind(portal);
    if (regionInStartUrl(startUrl) !== region) option("sso-region", region);
    if (deviceCode) words.push("--sso-device-code");
    option("sso-endpoint-url", portalEndpointUrl);
    option("sso-oidc-endpoint-url", oidcEndpointUrl);
    if (fips) words.push("--fips");
    if (dualstack) words.push("--dualstack");
  }
  option("ca-bundle", caBundle);
  return words.join(" ");
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
