import { parseEndpointUrl } from "./endpoint.ts";
import { usage } from "./failure.ts";
import { findRegionPartition } from "./partitions.ts";

// The host names of access portals, as the AWS CLI knows them since 2.35.13 (the list: 2.36.7).

const suffixes = [
  ...["app.aws", "app.amazonwebservices.com.cn", "api.amazonwebservices.eu"],
  ...["portal.amazonaws.com", "portal.amazonaws.com.cn", "portal.amazonaws.eu"],
  ...["awsapps.com", "awsapps.cn"],
];

const issuers = [
  ...["identitycenter.amazonaws.com", "identitycenter.us-gov.amazonaws.com"],
  ...["identitycenter.amazonaws.com.cn", "identitycenter.amazonaws.eu"],
];

/** An instance's host, with the region where the dots are. */
const regional =
  /^[^.]+\.(?:portal\.([a-z0-9-]+)\.(?:app\.aws|app\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu)|([a-z0-9-]+)\.portal\.amazonaws\.(?:com|com\.cn|eu))$/;

/** Whether AWS itself serves this access portal; any other address has to redirect to one. */
export function isAwsPortal(startUrl: string): boolean {
  const { hostname } = new URL(startUrl);
  return issuers.includes(hostname) ||
    suffixes.some((each) => hostname === each || hostname.endsWith(`.${each}`));
}

/** The region that a portal's host names, such as `ssoins-….portal.REGION.app.aws`. */
export function regionInStartUrl(startUrl: string): string | undefined {
  const [, first, second] = regional.exec(new URL(startUrl).hostname) ?? [];
  const region = first ?? second ?? "";
  return findRegionPartition(region) && region;
}

/**
 * One URL for each portal, whatever a browser appends (`/#/`). A host that names its region belongs
 * to one portal, so its path is dropped too.
 *
 * @throws {Failure} `usage`
 */
export function parseStartUrl(text: string, option = "--sso-start-url"): string {
  const bare = text.replace(/#.*$/s, "");
  if (!/^https?:/i.test(bare) || bare.length > 1024) {
    throw usage(
      `${option} is not an access portal URL`,
      `${option} looks like https://example.awsapps.com/start`,
    );
  }
  const url = parseEndpointUrl(bare, option);
  url.hostname = url.hostname.replace(/\.$/, "");
  return regionInStartUrl(url.href) ? url.origin : url.href.replace(/\/+$/, "");
}
