import { usage } from "./failure.ts";
import type { NetworkSettings } from "./profile.ts";
import {
  findRegionPartition,
  fipsStsHosts,
  type Partition,
  partitionById,
  partitions,
  regionPartition,
} from "./partitions.ts";

/** Where STS calls go, and the region their signatures name. */
export interface StsEndpoint {
  /** Without a slash at the end. */
  readonly url: string;
  readonly signingRegion: string;
}

/**
 * The STS endpoint that a profile's calls go to. It is the region's own, never the legacy global
 * one unless `--endpoint-url` says so: tokens of the global endpoint are not valid in every region.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html
 *
 * @param regionFromEnvironment `AWS_REGION`, or else `AWS_DEFAULT_REGION`
 * @param partitionHint the partition of the ARN of the role that is to be assumed
 * @throws {Failure} `usage` when the settings contradict each other or name nothing that exists
 */
export function stsEndpoint(
  settings: NetworkSettings,
  regionFromEnvironment: string | undefined,
  partitionHint?: string,
): StsEndpoint {
  const home = partitionById(partitionHint ?? "") ?? partitions[0]!;
  // A region of the environment that is no good for the role's partition is somebody else's.
  const partitionAround = findRegionPartition(regionFromEnvironment ?? "")?.id;
  const isForeign = partitionHint !== undefined && partitionAround !== undefined &&
    partitionAround !== home.id;
  const around = isForeign ? undefined : regionFromEnvironment;
  const [region, from] = settings.region
    ? [settings.region, "--region"]
    : around
    ? [around, "AWS_REGION"]
    : [home.defaultRegion, "--region"];

  if (settings.endpointUrl !== undefined) {
    refuseWithEndpointUrl(settings);
    const url = parseEndpointUrl(settings.endpointUrl);
    const named = regionInHost(url.hostname);
    if (named === undefined) regionPartition(region, from);
    return { url: url.href.replace(/\/+$/, ""), signingRegion: named ?? region };
  }

  const partition = regionPartition(region, from);
  if (partitionHint !== undefined && partition.id !== home.id) {
    throw usage(
      `the role is in partition ${home.id}, and ${from} ${region} is in ${partition.id}`,
      `give a region of ${home.id}, such as --region ${home.defaultRegion}`,
    );
  }
  return { url: `https://${stsHost(settings, region, partition)}`, signingRegion: region };
}

/**
 * An endpoint's address, checked: https, or http to this machine itself, since a session token sent
 * in the clear is anybody's.
 *
 * @throws {Failure} `usage`; an address with a password in it is not quoted
 */
export function parseEndpointUrl(text: string, option = "--endpoint-url"): URL {
  const example = `${option} looks like https://sts.us-east-1.amazonaws.com`;
  // URL() would quietly drop tabs and line ends and mend missing slashes.
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(text)) {
    throw usage(`${option} is not an http or https address`, example);
  }
  const url = URL.parse(text);
  if (!url) throw usage(`${option} is not an http or https address`, example);
  const authority = /^[^/]*\/\/([^/?#]*)/.exec(text)?.[1] ?? "";
  if (url.username || url.password || authority.includes("@")) {
    throw usage(`${option} may not hold a user name or password`, example);
  }
  if (/[?#]/.test(text)) {
    throw usage(`${option} may not hold a query or fragment (? or #)`, example);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw usage(
      `${option}: http is allowed to this machine alone (127.0.0.1, ::1, localhost), not to ${url.hostname}`,
      `${option} https://${url.host}`,
    );
  }
  return url;
}

/** True for the names and addresses of this machine itself, as `URL.hostname` has them. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * The region that an STS host name speaks of: the label after `sts` or `sts-fips`, in public names
 * (`sts.REGION.amazonaws.com`, `sts.REGION.api.aws`), in those of VPC endpoints
 * (`vpce-….sts.REGION.vpce.amazonaws.com`) and in private ones made alike.
 */
export function regionInHost(hostname: string): string | undefined {
  if (hostname === "sts.amazonaws.com") return "us-east-1";
  const labels = hostname.split(".");
  return labels.find((label, index) =>
    /^sts(?:-fips)?$/.test(labels[index - 1] ?? "") && findRegionPartition(label) !== undefined
  );
}

function stsHost(settings: NetworkSettings, region: string, partition: Partition): string {
  const fips = settings.fips ? fipsStsHosts.get(region) : undefined;
  if (settings.fips && fips === undefined) {
    throw usage(
      `--fips: STS has no FIPS endpoint in ${region}`,
      `regions that have one: ${[...fipsStsHosts.keys()].join(", ")}`,
    );
  }
  // With both, AWS's rule set has one form, in GovCloud too.
  if (settings.dualstack) {
    return `${fips ? "sts-fips" : "sts"}.${region}.${partition.dualstackSuffix}`;
  }
  return fips ?? `sts.${region}.${partition.dnsSuffix}`;
}

/** AWS's SDKs refuse the same: an address already says whether it is FIPS or dual-stack. */
function refuseWithEndpointUrl(settings: NetworkSettings): void {
  const other = settings.fips ? "--fips" : settings.dualstack ? "--dualstack" : undefined;
  if (other === undefined) return;
  throw usage(
    `--endpoint-url and ${other} exclude each other`,
    "give the address of such an endpoint, for example --endpoint-url https://sts-fips.us-east-1.amazonaws.com",
  );
}
