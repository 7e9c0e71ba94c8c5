import { parseArn } from "./arn.ts";
import { rfc3339 } from "./credentials.ts";
import type { StsEndpoint } from "./endpoint.ts";
import { usage } from "./failure.ts";
import { regionPartition } from "./partitions.ts";
import type { NetworkSettings } from "./profile.ts";

/** Where certificates are exchanged for sessions. */
export interface AnywherePlace {
  readonly region: string;
  /** Without a trailing slash. */
  readonly endpointUrl?: string;
}

/** The certificate, as errors describe it. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly begins: number;
  readonly ends: number;
  /** Why AWS does not accept it, as far as it shows: a sentence without a full stop. */
  readonly problem?: string | undefined;
  /** In the store, so that a new file changes nothing. */
  readonly isKept?: boolean;
}

const day = 86_400_000;
const noticeDays = 14;

/** A sentence about a certificate that expired or will within 14 days; times as milliseconds since 1970. */
export function certificateWarning(
  name: string,
  ends: number,
  now: number,
): string | undefined {
  if (ends <= now) return `${name} expired at ${rfc3339(ends)}`;
  const days = Math.ceil((ends - now) / day);
  if (days > noticeDays) return undefined;
  return `${name} expires in ${days === 1 ? "1 day" : `${days} days`}, at ${rfc3339(ends)}`;
}

const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Regions with a FIPS endpoint, by the list of endpoints of AWS's SDKs. */
const fipsRegions = [
  ...["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
  ...["us-gov-east-1", "us-gov-west-1"],
];

/** The region of a trust anchor or profile of IAM Roles Anywhere. @throws {Failure} `usage` */
export function anywhereRegion(
  arn: string,
  type: "trust-anchor" | "profile",
  option: string,
): string {
  const { partition, service, region, account, resource } = parseArn(arn, option);
  const [found = "", id = "", ...more] = resource.split("/");
  const example =
    `arn:${partition}:rolesanywhere:us-east-1:123456789012:${type}/12345678-1234-1234-1234-123456789012`;
  if (service !== "rolesanywhere" || found !== type || more.length > 0 || !idPattern.test(id)) {
    const what = type === "profile" ? "a Roles Anywhere profile" : "a trust anchor";
    throw usage(`${option}: this is not the ARN of ${what}`, `such an ARN looks like ${example}`);
  }
  if (account === "") throw usage(`${option}: the ARN has no account ID`);
  if (regionPartition(region, option).id !== partition) {
    throw usage(`${option}: the region ${region} is not in partition ${partition}`);
  }
  return region;
}

/**
 * The endpoint, by the endpoint rules of AWS's SDKs.
 *
 * @throws {Failure} `usage` if there is no FIPS endpoint
 */
export function anywhereEndpoint(
  { region, endpointUrl }: AnywherePlace,
  { fips, dualstack }: Pick<NetworkSettings, "fips" | "dualstack">,
): StsEndpoint {
  const { dnsSuffix, dualstackSuffix } = regionPartition(region);
  if (endpointUrl !== undefined) return { url: endpointUrl, signingRegion: region };
  if (fips && !fipsRegions.includes(region)) {
    throw usage(
      `--fips: IAM Roles Anywhere has no FIPS endpoint in ${region}`,
      `regions with a FIPS endpoint: ${fipsRegions.join(", ")}`,
    );
  }
  const name = `rolesanywhere${fips ? "-fips" : ""}`;
  const suffix = dualstack ? dualstackSuffix : dnsSuffix;
  return { url: `https://${name}.${region}.${suffix}`, signingRegion: region };
}
