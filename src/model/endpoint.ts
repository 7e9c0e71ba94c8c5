import { usage } from "./failure.ts";
import type { Inherited, NetworkSettings } from "./profile.ts";
import {
  findRegionPartition,
  fipsStsHosts,
  type Partition,
  partitionById,
  partitions,
  regionPartition,
} from "./partitions.ts";

export interface StsEndpoint {
  /** Without a trailing slash. */
  readonly url: string;
  readonly signingRegion: string;
}

/**
 * The STS endpoint for a profile's calls: the regional one, never the legacy global one unless
 * `--endpoint-url` sets it. Tokens from the global endpoint are not valid in every region.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html
 *
 * @param regionFromEnvironment `AWS_REGION`, or else `AWS_DEFAULT_REGION`
 * @param partitionHint the partition of the role to assume
 * @param inherited the profiles that inherited settings come from, for messages
 * @throws {Failure} `usage` when settings conflict or name an unknown region or endpoint
 */
export function stsEndpoint(
  settings: NetworkSettings,
  regionFromEnvironment: string | undefined,
  partitionHint?: string,
  inherited: Inherited = {},
): StsEndpoint {
  const home = partitionById(partitionHint ?? "") ?? partitions[0]!;
  // Ignore an environment region outside the role's partition: it was set for something else.
  const partitionAround = findRegionPartition(regionFromEnvironment ?? "")?.id;
  const isForeign = partitionHint !== undefined && partitionAround !== undefined &&
    partitionAround !== home.id;
  const around = isForeign ? undefined : regionFromEnvironment;
  const [region, from] = settings.region
    ? [settings.region, named("--region", inherited.region)]
    : around
    ? [around, "AWS_REGION"]
    : [home.defaultRegion, "--region"];

  if (settings.endpointUrl !== undefined) {
    refuseWithEndpointUrl(settings);
    const url = parseEndpointUrl(settings.endpointUrl);
    const inHost = regionInHost(url.hostname);
    if (inHost === undefined) regionPartition(region, from);
    const there = inHost === undefined ? undefined : findRegionPartition(inHost)?.id;
    if (partitionHint !== undefined && there !== undefined && there !== home.id) {
      const option = named("--endpoint-url", inherited.endpointUrl);
      throw usage(
        `the role is in partition ${home.id}, but ${option} is in ${there}`,
        `use an endpoint in partition ${home.id}, such as --endpoint-url https://${
          stsHost({}, home.defaultRegion, home)
        }`,
      );
    }
    return { url: url.href.replace(/\/+$/, ""), signingRegion: inHost ?? region };
  }

  const partition = regionPartition(region, from);
  if (partitionHint !== undefined && partition.id !== home.id) {
    throw usage(
      `the role is in partition ${home.id}, but ${from} ${region} is in ${partition.id}`,
      `use a region in partition ${home.id}, such as --region ${home.defaultRegion}`,
    );
  }
  return {
    url: `https://${stsHost(settings, region, partition, inherited)}`,
    signingRegion: region,
  };
}

/** An option, with the profile that sets it if that is another one. */
/** How messages refer to a setting that may come from a base profile. */
export function named(option: string, profile: string | undefined): string {
  return profile === undefined ? option : `${option} of ${profile}`;
}

/**
 * Parses an endpoint URL. http is allowed only for loopback hosts, because anyone on the network path
 * can read a session token sent in the clear.
 *
 * @throws {Failure} `usage`; the message does not quote a URL with a password in it
 */
export function parseEndpointUrl(text: string, option = "--endpoint-url"): URL {
  const example = `${option} looks like https://sts.us-east-1.amazonaws.com`;
  // An option, or a variable.
  const setting = option.startsWith("--") ? `${option} ` : `${option}=`;
  // URL() silently drops tabs and newlines and adds missing slashes.
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(text)) {
    throw usage(`${option} is not an http or https URL`, example);
  }
  const url = URL.parse(text);
  if (!url) throw usage(`${option} is not an http or https URL`, example);
  const authority = /^[^/]*\/\/([^/?#]*)/.exec(text)?.[1] ?? "";
  if (url.username || url.password || authority.includes("@")) {
    throw usage(`${option} must not contain a user name or password`, example);
  }
  if (/[?#]/.test(text)) {
    throw usage(`${option} must not contain a query or fragment (? or #)`, example);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw usage(
      `${option}: plain http is only allowed for loopback (127.0.0.1, ::1, localhost), not for ${url.hostname}`,
      `use ${setting}https://${url.host}`,
    );
  }
  return url;
}

/** Whether a host name in the form of `URL.hostname` is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * The region in an STS host name: the label after `sts` or `sts-fips` in public names
 * (`sts.REGION.amazonaws.com`, `sts.REGION.api.aws`), in VPC endpoint names
 * (`vpce-….sts.REGION.vpce.amazonaws.com`) and in private names of the same form.
 */
export function regionInHost(hostname: string): string | undefined {
  if (hostname === "sts.amazonaws.com") return "us-east-1";
  const labels = hostname.split(".");
  return labels.find((label, index) =>
    /^sts(?:-fips)?$/.test(labels[index - 1] ?? "") && findRegionPartition(label) !== undefined
  );
}

function stsHost(
  settings: NetworkSettings,
  region: string,
  partition: Partition,
  inherited: Inherited = {},
): string {
  const fips = settings.fips ? fipsStsHosts.get(region) : undefined;
  if (settings.fips && fips === undefined) {
    throw usage(
      `${named("--fips", inherited.fips)}: STS has no FIPS endpoint in ${
        inherited.region === undefined ? region : `${region}, the region of ${inherited.region}`
      }`,
      `regions with a FIPS endpoint: ${[...fipsStsHosts.keys()].join(", ")}`,
    );
  }
  // With both options AWS's endpoint rules have a single form, GovCloud included.
  if (settings.dualstack) {
    return `${fips ? "sts-fips" : "sts"}.${region}.${partition.dualstackSuffix}`;
  }
  return fips ?? `sts.${region}.${partition.dnsSuffix}`;
}

/** AWS SDKs reject this combination too: a URL already determines FIPS and dual-stack. */
function refuseWithEndpointUrl(settings: NetworkSettings): void {
  const other = settings.fips ? "--fips" : settings.dualstack ? "--dualstack" : undefined;
  if (other === undefined) return;
  throw usage(
    `--endpoint-url cannot be combined with ${other}`,
    "use the URL of such an endpoint, for example --endpoint-url https://sts-fips.us-east-1.amazonaws.com",
  );
}
